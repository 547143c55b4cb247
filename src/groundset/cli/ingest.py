"""``groundset ingest``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundset.cli._common import DaskAddress, Workers, bars, executor, names, out, seconds


def run(
    root: Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")],
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCE...", help="Rasters, folders, SAFE products, photos, STAC JSON; paths or URLs."),
    ] = None,
    stac: Annotated[
        str | None, typer.Option(help="Search a STAC API: a URL, earth-search, planetary-computer or cdse.")
    ] = None,
    collection: Annotated[str | None, typer.Option(help="Collection to search.")] = None,
    bbox: Annotated[str | None, typer.Option(help="W,S,E,N in degrees.")] = None,
    datetime: Annotated[str | None, typer.Option(help="A/B, RFC 3339.")] = None,
    max_cloud: Annotated[float | None, typer.Option(help="Largest cloud cover, percent.")] = None,
    limit: Annotated[int | None, typer.Option(help="Largest number of items.")] = None,
    aoi: Annotated[
        Path | None,
        typer.Option(help="Vector file: only chips in its shapes; with --stac, where to search instead of --bbox."),
    ] = None,
    sensor: Annotated[
        str | None,
        typer.Option(
            help="sentinel-2-l1c, sentinel-2-l2a, sentinel-1-grd, landsat-5, landsat-7, landsat-8, landsat-9 or naip."
        ),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(help="Acquisition time, RFC 3339 with a zone; of scenes that are there without one, too."),
    ] = None,
    bands: Annotated[
        str | None, typer.Option(help="Bands to select, or the names of a bare file's bands: B02,B03,...")
    ] = None,
    scene_id: Annotated[str | None, typer.Option("--id", help="Id of the scene, where there is one.")] = None,
    fuse: Annotated[bool, typer.Option("--fuse", help="Put all items on one grid, as one scene.")] = False,
    mosaic: Annotated[str | None, typer.Option(help="solar-day: join the items of one solar day.")] = None,
    resampling: Annotated[str, typer.Option(help="nearest, bilinear, cubic or average.")] = "bilinear",
    group: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Group of these scenes (a site): without CRS a group stays in one split."),
    ] = None,
    chip_size: Annotated[int | None, typer.Option(help="Side of a chip in pixels (default 256).")] = None,
    stride: Annotated[int | None, typer.Option(help="Step between chips in pixels (default: the chip size).")] = None,
    edge: Annotated[str | None, typer.Option(help="pad (default), drop or shift.")] = None,
    levels: Annotated[int | None, typer.Option(help="Levels of the quadtree (default 1).")] = None,
    encoder: Annotated[str | None, typer.Option(help="Encoder of the chip features.")] = None,
    sample: Annotated[
        int | None, typer.Option(metavar="N", help="A designed sample of N chips over all scenes, not every chip.")
    ] = None,
    stratify: Annotated[
        str | None,
        typer.Option(metavar="LAYER", help="Strata of the sample: an attached layer, a vector file, a class raster."),
    ] = None,
    stratify_column: Annotated[
        str | None, typer.Option(metavar="COL", help="Column of the vector file that names the stratum.")
    ] = None,
    allocation: Annotated[
        str, typer.Option(help="Chips of a stratum: proportional to its size, or equal.")
    ] = "proportional",
    min_distance: Annotated[
        float | None, typer.Option(metavar="M", help="Least distance between middles of sampled chips, metres.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another one draws another sample.")] = 0,
    workers: Workers = None,
    dask: DaskAddress = None,
) -> None:
    """Open scenes and cut them into chips.

    With quicklooks and features. Run twice it adds nothing; stopped in the middle it goes on.
    """
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws, executor(workers, dask) as pool, bars() as listen:
        report = ws.ingest(
            *(sources or []),
            stac=stac,
            collection=collection,
            bbox=bbox,
            aoi=aoi,
            datetime=datetime,
            max_cloud=max_cloud,
            limit=limit,
            sensor=sensor,
            time=time,
            bands=names(bands, "--bands"),
            scene_id=scene_id,
            fuse=fuse,
            mosaic=mosaic,
            resampling=resampling,  # type: ignore[arg-type]  # checked by imagery
            group=group,
            chip_size=chip_size,
            stride=stride,
            edge=edge,  # type: ignore[arg-type]  # checked by Grid
            levels=levels,
            encoder=encoder,
            sample=sample,
            stratify=stratify,
            stratify_column=stratify_column,
            allocation=allocation,  # type: ignore[arg-type]  # checked by Sampling
            min_distance=min_distance,
            seed=seed,
            executor=pool,
            progress=listen,
        )
    out.print(f"{report.summary()} ({seconds(report.seconds)})", markup=False, soft_wrap=True)
