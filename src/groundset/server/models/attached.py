"""Attached layers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from groundset.server.models.base import Model


class AttachedColumn(Model):
    """A column that an attached layer gives to chips."""

    name: str = Field(description="In filters")
    title: str
    kind: Literal["flag", "number", "text"]


class AttachedLayer(Model):
    """A file whose values chips have."""

    name: str
    file: str = Field(description="Its path, from the workspace where it lies in it")
    state: Literal["current", "changed", "missing"] = Field(description="Whether the file is as it was read")
    problem: str | None = Field(description="Why a newer state of the file was not taken")
    read: str = Field(description="When it was read")
    features: int
    chips: int = Field(description="Chips that have values")
    lacking: int = Field(description="Chips that wait for values")
    columns: list[AttachedColumn]
    notes: list[str] = Field(description="Repaired geometries, dates without a zone ...")


class OfferedFile(Model):
    """A file that may be attached."""

    file: str = Field(description="As a job takes it: from the workspace where it lies in it, else the whole path")
    bytes: int
    modified: str = Field(description="RFC 3339, UTC")


class OfferedFiles(Model):
    """Files that may be attached, the newest first."""

    roots: list[str] = Field(description="The folders that the server reads, the workspace's own first")
    files: list[OfferedFile]
    more: bool = Field(description="Whether there may be more than are listed")


class AttachedLayers(Model):
    """The attached layers, by name."""

    layers: list[AttachedLayer]
