"""How scenes come in; :class:`groundset.workspace.Workspace` has this verb."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from groundset.core import Bbox, ConflictError, Edge, InputError, Listener, of_option

if TYPE_CHECKING:
    from groundset.imagery import Resampling
    from groundset.imagery.scene import Allow
    from groundset.ingest import IngestReport
    from groundset.ingest.designs import Allocation
    from groundset.ingest.sampling import Sampling
    from groundset.lake import Lake


class Ingesting:
    """Scenes become chips."""

    lake: Lake

    def ingest(
        self,
        *sources: str | Path,
        stac: str | None = None,
        collection: str | None = None,
        bbox: str | Sequence[float] | Bbox | None = None,
        aoi: str | Path | None = None,
        datetime: str | None = None,  # STAC's own name
        max_cloud: float | None = None,
        limit: int | None = None,
        sensor: str | None = None,
        time: str | datetime | None = None,
        bands: Sequence[str] | None = None,
        scene_id: str | None = None,
        fuse: bool = False,
        mosaic: str | None = None,
        resampling: Resampling = "bilinear",
        group: str | None = None,
        chip_size: int | None = None,
        stride: int | None = None,
        edge: Edge | None = None,
        levels: int | None = None,
        encoder: str | None = None,
        sample: int | None = None,
        stratify: str | Path | None = None,
        stratify_column: str | None = None,
        allocation: Allocation = "proportional",
        min_distance: float | None = None,
        seed: int = 0,
        allow: Allow | None = None,
        executor: Executor | None = None,
        progress: Listener | None = None,
    ) -> IngestReport:
        """Open scenes, cut chips, draw quicklooks and compute features. Run twice it adds nothing.

        Args:
            *sources: Rasters, folders of bands, SAFE products, photos, STAC JSON; paths or URLs.
            stac: A STAC API instead of sources: a URL, ``earth-search``, ``planetary-computer`` or ``cdse``.
            collection: Collection to search.
            bbox: West, south, east, north in degrees.
            aoi: Vector file, in any CRS. Of sources only chips that meet its shapes are cut; of a STAC API they are
                where to search, instead of ``bbox``.
            datetime: RFC 3339 interval ``A/B`` to search in.
            max_cloud: Largest ``eo:cloud_cover`` in percent.
            limit: Largest number of items.
            sensor: Groundset sensor name; needed where the files do not say it.
            time: Acquisition time, RFC 3339 with a zone, of scenes that do not state one.
            bands: Bands to select, or the names of a bare file's bands in order.
            scene_id: Id of the scene, where there is exactly one.
            fuse: Put all items (or sources) on one reference grid, as one scene.
            mosaic: ``solar-day`` joins the items of one solar day into one scene.
            resampling: How bands on another grid are resampled.
            group: Group of these scenes (a site): chips of a group without CRS stay in one split. A plain photo's own
                is its folder.
            chip_size: Side of a level-0 chip in pixels (default 256, or the workspace's).
            stride: Step between chips in pixels (default: the chip size).
            edge: ``pad``, ``drop`` or ``shift``.
            levels: Levels of the quadtree; finer ones are made when asked for.
            encoder: Encoder name (default: the workspace's).
            sample: Cut a sample of so many chips of all these scenes, in place of every chip: drawn from the grid and
                where the scenes have data, before pixels are read. Each has its probability (property ``inclusion``)
                and stratum (``stratum``), so that areas can be estimated. Run again it adds nothing; another sample of
                the same scenes is an error, since the probabilities would no longer hold.
            stratify: Strata of the sample: an attached layer, a vector file, or a raster of classes.
            stratify_column: Column of that file that names the stratum.
            allocation: Chips of a stratum: ``proportional`` to its size, or ``equal``; at least one.
            min_distance: Least distance between the middles of two chips of the sample, metres, on the ellipsoid.
            seed: Another one draws another sample.
            allow: Hears every path and address before it is read, and refuses it by an error.
            executor: Runs the work wide; threads, processes or Dask.
            progress: Hears each step.

        Raises:
            InputError: A source cannot be read or does not say what is needed; the message says what to do.
        """
        from groundset.imagery import Resampling
        from groundset.ingest import check_request, ingest, parse_time

        search = {"collection": collection, "bbox": bbox, "datetime": datetime, "max_cloud": max_cloud}
        given = [name for name, value in {**search, "limit": limit}.items() if value is not None]
        if stac is None and given:
            raise InputError(
                "these options search a STAC API, and none is named",
                asked=", ".join(f"--{name.replace('_', '-')}" for name in given),
                hint="name one with --stac, or leave them out",
            )
        if resampling not in get_args(Resampling):
            raise InputError("no such resampling", asked=resampling, found=", ".join(get_args(Resampling)))
        grid = check_request(
            self.lake, [str(s) for s in sources], sensor=sensor, time=time, bands=bands, scene_id=scene_id,
            chip_size=chip_size, stride=stride, edge=edge, levels=levels,
        )  # fmt: skip
        sampling = _sampling(self.lake, sample, stratify, stratify_column, min_distance, allocation, seed)
        area = None
        if stac is not None:
            from groundset.imagery import search_scenes

            scenes = search_scenes(
                stac, collection=collection, bbox=bbox, aoi=aoi, datetime=datetime, max_cloud=max_cloud, limit=limit,
                sensor=sensor, bands=bands, fuse=fuse, mosaic=mosaic, resampling=resampling, group=group, allow=allow,
            )  # fmt: skip
        elif sources:
            from groundset.imagery import open_sources, read_aoi

            with of_option("aoi"):
                area = None if aoi is None else read_aoi(aoi)

            scenes = open_sources(
                [str(s) for s in sources],
                sensor=sensor,
                time=parse_time(time),
                bands=bands,
                scene_id=scene_id,
                fuse=fuse,
                mosaic=mosaic,
                resampling=resampling,
                group=group,
                allow=allow,
            )
        else:
            raise InputError(
                "nothing to ingest", hint="name at least one file, folder or URL, or a STAC API with --stac"
            )
        if allow is not None:
            scenes = [replace(scene, guarded=True) for scene in scenes]
        report = ingest(
            self.lake, scenes, grid=grid, encoder=encoder, area=area, sampling=sampling, executor=executor,
            progress=progress,
        )  # fmt: skip
        return _followed(self.lake, report)


def _sampling(
    lake: Lake,
    sample: int | None,
    stratify: str | Path | None,
    column: str | None,
    min_distance: float | None,
    allocation: Allocation,
    seed: int,
) -> Sampling | None:
    from groundset.attach import strata

    if sample is None:
        given = {"stratify": stratify, "stratify_column": column, "min_distance": min_distance}
        said = [f"--{name.replace('_', '-')}" for name, value in given.items() if value is not None]
        if said:
            raise InputError("these options are those of a sample", asked=", ".join(said), hint="say --sample N")
        return None
    return strata.sampling(
        lake, sample, stratify=stratify, column=column, min_distance=min_distance, allocation=allocation, seed=seed
    )


def _followed(lake: Lake, report: IngestReport) -> IngestReport:
    """Attached layers say something of the new chips too."""
    from groundset import attach

    try:
        done = attach.refresh(lake, timed=report.timed > 0) if report.chips or report.timed else []
    except (ConflictError, OSError):  # the next query does it
        return report
    told = tuple(f"{one.layer.name} attached to {one.chips:,} chips" for one in done)
    return replace(report, notes=(*report.notes, *told))
