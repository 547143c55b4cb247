"""What a job can be asked to do: the verbs with their options, as pydantic models."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel

from groundset.server.models import Bbox4, Model, Verb

Name = Annotated[str, Field(min_length=1, max_length=200)]
Share = Annotated[float, Field(ge=0, le=100)]


class SegmentOptions(Model):
    """Train on the labelled pixels of a task, propose a mask for every chip."""

    task: Name | None = Field(default=None, description="May be left out where only one fits")
    model: Name = Field(
        default="forest", description="A segmenter by name, or an .onnx or .skops file in a folder that may be read"
    )
    seed: int = Field(default=0, ge=0, lt=2**32)


class ReleaseOptions(Model):
    """Freeze the labels of a task, with imagery, splits and description."""

    name: Name = Field(description="Name of the release, such as v1")
    task: Name | None = None
    splits: Annotated[list[Share], Field(min_length=3, max_length=3)] = Field(
        default=[70, 15, 15], description="Shares of train, validate and test in percent; they sum to 100"
    )
    block: Name | None = Field(default=None, description="Side of a split block, such as 1km; null takes the largest")
    buffer: Name = Field(default="0.1km", description="Smallest distance between splits")
    license: Name | None = Field(default=None, description="SPDX licence; null takes the workspace's")
    seed: int = Field(default=0, ge=0, lt=2**32)
    unlabelled: bool = Field(
        default=False, description="Keep unlabelled chips, in a split of their own, for semi-supervised work"
    )
    scenes: Annotated[list[Name], Field(max_length=10_000)] = Field(
        default=[], description="Only chips of these scenes; none takes all: a release has one set of bands"
    )


class EncodeOptions(Model):
    """Compute the features of a further encoder for every chip."""

    encoder: Name = Field(description="Name of an encoder, or onnx:FILE in a folder that may be read")


class PredictOptions(Model):
    """Train the chip classifier of a task, keep it, and write its answers with their confidence."""

    task: Name | None = Field(default=None, description="A classify task; may be left out where only one fits")
    encoder: Name | None = Field(default=None, description="Whose features it reads (default: the workspace's)")
    threshold: float = Field(default=0.5, ge=0, le=1, description="Smallest confidence of an answer that is written")
    model: Name | None = Field(
        default=None, description="Answer with this kept model as it is, without training; null trains"
    )
    seed: int = Field(default=0, ge=0, lt=2**32)


class CheckOptions(Model):
    """Run the quality checks Q0 to Q3 of a release."""

    release: Name = Field(description="Name of the release")


class CascadeOptions(Model):
    """Make the chips that a cascade looks at and that are not there."""

    cascade: Name = Field(description="Name of the cascade")


class AttachOptions(Model):
    """Join a vector file or a CSV to the chips."""

    file: Name = Field(
        description="GeoJSON, GeoPackage, Shapefile, FlatGeobuf, GeoParquet or CSV in a folder that may be read"
    )
    name: Name | None = Field(default=None, description="What its columns begin with; null takes the file's name")
    join: list[Literal["inside", "share", "distance", "count", "value"]] = Field(
        default=[], description="None: those that fit the file"
    )
    column: list[Name] = Field(default=[], description="Columns of the file whose values chips get")
    take: Literal["mean", "most", "sum", "minimum", "maximum", "nearest"] | None = None
    date_column: Name | None = None
    within: Name | None = Field(default=None, description="Farthest date that counts, such as 30d")
    crs: Name | None = Field(default=None, description="Of a file that states none")
    x: Name | None = None
    y: Name | None = None
    repair: bool = True
    label: Name | None = Field(default=None, description="Class that chips over it are given, as one act")
    when: Name | None = Field(default=None, description="Which chips: a filter, such as share > 0.5")
    task: Name | None = None


class IngestOptions(Model):
    """Open scenes and cut them into chips: of sources, or of what a STAC API finds."""

    source: Name | list[Name] | None = Field(
        default=None,
        description="Rasters, folders, SAFE products, photos, STAC JSON: paths in a folder that may be read "
        "(relative ones from the workspace's), or http, https and s3 addresses",
    )
    stac: Name | None = Field(
        default=None, description="A STAC API instead: address, earth-search, planetary-computer or cdse"
    )
    collection: Name | None = None
    bbox: Bbox4 | None = None
    datetime: Name | None = Field(default=None, description="RFC 3339 interval A/B to search in")
    max_cloud: float | None = Field(default=None, ge=0, le=100, description="Percent")
    limit: int | None = Field(default=None, ge=1, le=100_000)
    sensor: Name | None = None
    time: Name | None = Field(default=None, description="Acquisition time, RFC 3339 with a zone")
    bands: list[Name] | None = None
    scene_id: Name | None = None
    group: Name | None = None
    fuse: bool = False
    mosaic: Literal["solar-day"] | None = None
    resampling: Literal["nearest", "bilinear", "cubic", "average"] = "bilinear"
    chip_size: int | None = Field(default=None, ge=1, le=65_536)
    stride: int | None = Field(default=None, ge=1, le=65_536)
    edge: Literal["pad", "drop", "shift"] | None = None
    levels: int | None = Field(default=None, ge=1, le=16)
    aoi: Name | None = Field(
        default=None, description="Vector file in a folder that may be read: only chips in its shapes (of sources)"
    )
    sample: int | None = Field(
        default=None, ge=1, le=100_000_000, description="A designed sample of so many chips over all scenes"
    )
    stratify: Name | None = Field(
        default=None, description="Its strata: an attached layer, or a vector file or class raster that may be read"
    )
    stratify_column: Name | None = None
    allocation: Literal["proportional", "equal"] = "proportional"
    min_distance: float | None = Field(default=None, gt=0, le=1e7, description="Between middles of its chips, metres")
    seed: int = Field(default=0, ge=0, lt=2**32)

    @property
    def sources(self) -> list[str]:
        """The sources, none where a STAC API is searched."""
        return [] if self.source is None else [self.source] if isinstance(self.source, str) else self.source


Options = (
    IngestOptions
    | SegmentOptions
    | ReleaseOptions
    | CheckOptions
    | EncodeOptions
    | PredictOptions
    | CascadeOptions
    | AttachOptions
)


class IngestJob(Model):
    """Bring scenes in."""

    verb: Literal["ingest"]
    options: IngestOptions


class SegmentJob(Model):
    """Propose masks."""

    verb: Literal["segment"]
    options: SegmentOptions = SegmentOptions()


class ReleaseJob(Model):
    """Freeze a version."""

    verb: Literal["release"]
    options: ReleaseOptions


class CheckJob(Model):
    """Check a version."""

    verb: Literal["check"]
    options: CheckOptions


class EncodeJob(Model):
    """Compute features."""

    verb: Literal["encode"]
    options: EncodeOptions


class PredictJob(Model):
    """Answer by the model."""

    verb: Literal["predict"]
    options: PredictOptions = PredictOptions()


class CascadeJob(Model):
    """Make chips for a cascade."""

    verb: Literal["cascade"]
    options: CascadeOptions


class AttachJob(Model):
    """Join outside knowledge to chips."""

    verb: Literal["attach"]
    options: AttachOptions


AnyJob = IngestJob | SegmentJob | ReleaseJob | CheckJob | EncodeJob | PredictJob | CascadeJob | AttachJob


class JobIn(RootModel[Annotated[AnyJob, Field(discriminator="verb")]]):
    """A long work to begin. Options are those of the verb in Python and on the command line."""


OPTIONS: dict[Verb, type[Options]] = {
    "ingest": IngestOptions,
    "segment": SegmentOptions,
    "release": ReleaseOptions,
    "check": CheckOptions,
    "encode": EncodeOptions,
    "predict": PredictOptions,
    "cascade": CascadeOptions,
    "attach": AttachOptions,
}


def given(options: Options) -> dict[str, Any]:
    """The options that were said, as JSON values."""
    return options.model_dump(mode="json", exclude_unset=True)
