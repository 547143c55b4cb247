"""report.html: the release on one page, in one file, with nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from groundset.release._check_types import LEVELS, TITLES, CheckReport
from groundset.release._report_charts import balance, band_range, class_counts, interval, shares
from groundset.release._report_html import (
    DASH,
    SPLIT_TITLES,
    Markup,
    Text,
    h,
    join,
    metres,
    note,
    number,
    percent,
    section,
    splits_of,
    swatch,
    table,
    template,
)
from groundset.release._report_map import split_map
from groundset.release._report_pictures import ORIGIN_COLORS, chosen, pictures
from groundset.release._report_sizes import sizes
from groundset.release.facts import NO_SPLIT, BandStatistics, ReleaseFacts
from groundset.release.kinds.of import KINDS

ORIGIN_TITLES: dict[str, str] = {
    "human": "people",
    "model": "a model",
    "region": "a region that people picked",
    "import": "a file that people brought",
    "consensus": "several people who agreed",
    "product": "the product's own flags",
}
_SPLIT_COLORS = {"train": "var(--train)", "validate": "var(--validate)", "test": "var(--test)", NO_SPLIT: "var(--none)"}


def render_report(folder: Path, facts: ReleaseFacts, check: CheckReport | None = None) -> str:
    """The page as text; the same facts give the same bytes.

    Args:
        folder: The release, with its thumbnails and masks already written.
        facts: What the page says.
        check: Shown where it is given.
    """
    parts = [
        _warnings(facts),
        _pictures(folder, facts),
        _classes(facts),
        _splits(facts),
        _labels(facts),
        *_scores(facts),
        _bands(facts),
        _provenance(facts),
        *([_check(check)] if check else []),
        _use(facts),
    ]
    shown = [(anchor, title, body) for anchor, title, body in parts if body is not None]
    return Template(template("report.html")).substitute(
        css=template("report.css").strip(),
        title=h(facts.title),
        name=h(facts.name),
        description=h(facts.description),
        numbers=h(_numbers(facts)),
        nav=h(join(Markup(f'<a href="#{a}">{h(t)}</a>') for a, t, _ in shown)),
        body="\n".join(h(section(a, t, b)) for a, t, b in shown),
        footer=h(_footer(facts)),
    )


Part = tuple[str, str, Markup | None]


def _numbers(facts: ReleaseFacts) -> Markup:
    unit = KINDS[facts.kind].told
    pairs: list[tuple[str, str]] = [
        ("chips", number(len(facts.chips))),
        (unit, number(sum(facts.class_counts.values()))),
        ("classes", number(sum(n > 0 for n in facts.class_counts.values()))),
        ("scenes", number(len(facts.sources))),
        ("bands", number(len(facts.bands))),
        ("nearest splits", metres(facts.split.smallest_distance_m)),
    ]
    return join(Markup(f"<div><dt>{h(name)}</dt><dd>{h(value)}</dd></div>") for name, value in pairs)


def _warnings(facts: ReleaseFacts) -> Part:
    sentences = list(dict.fromkeys((*facts.notes, *facts.warnings, *facts.split.warnings)))
    if not facts.license_stated:
        sentences.append("No licence was stated: ask the makers before you use this dataset.")
    body = join(note(s, "warn") for s in dict.fromkeys(sentences)) if sentences else None
    return "know", "Know before you use it", body


def _pictures(folder: Path, facts: ReleaseFacts) -> Part:
    shown = len(chosen(facts))
    lead = f"{shown} of {len(facts.chips)} chips, those that show most classes: {KINDS[facts.kind].lead}."
    keys = [swatch(c.color, c.title) for c in facts.scheme]
    origins = sorted({o for c in facts.chips for o, n in c.origin_counts.items() if n and o in ORIGIN_COLORS})
    said = [swatch(ORIGIN_COLORS[o], f"said by {ORIGIN_TITLES[o]}") for o in ORIGIN_COLORS if o in origins]
    legend = _legend(keys) + (_legend(said) if any("origin" in c.files for c in facts.chips) else "")
    return "chips", "Chips", Markup(f'<p class="lead">{h(lead)}</p>{legend}{h(pictures(folder, facts))}')


def _legend(keys: Sequence[Markup]) -> str:
    return f'<ul class="legend">{"".join(f"<li>{h(k)}</li>" for k in keys)}</ul>'


def _classes(facts: ReleaseFacts) -> Part:
    splits = splits_of(facts.split.chips)
    unit = KINDS[facts.kind].unit
    by_split = {s: class_counts(facts, s) for s in splits}
    total = sum(facts.class_counts.values())

    def rows() -> Iterator[list[Text]]:
        for c in facts.scheme:
            n = facts.class_counts[c.name]
            share = percent(n / total) if total else DASH
            yield [swatch(c.color, c.title), c.code, number(n), share, *(number(by_split[s][c.name]) for s in splits)]

    head = ["Class", "Code", f"All {unit}", "Share", *(SPLIT_TITLES[s] for s in splits)]
    counts = table(f"Labelled {unit} of each class", head, rows(), numeric=range(1, len(head)))
    defined = [(c.title, c.definition) for c in facts.scheme if c.definition]
    meant = table("What the classes mean", ["Class", "Definition"], defined) if defined else Markup("")
    titles = {c.name: c.title for c in facts.scheme}
    missing = [
        note(f"{SPLIT_TITLES.get(s, s)} has no {', '.join(titles.get(n, n) for n in names)}.", "warn")
        for s, names in facts.split.missing.items()
        if names
    ]
    return "classes", "Classes", join([*missing, balance(facts), counts, sizes(facts), meant])


def _splits(facts: ReleaseFacts) -> Part:
    split = facts.split
    how = {
        "blocks": f"Blocks on the ground, {metres(split.block_m)} a side"
        + (f" ({split.block_chips} chips)" if split.block_chips else "")
        + f"; {number(split.blocks)} blocks hold chips.",
        "groups": f"By group (folder or site); {number(split.blocks)} groups.",
        "mixed": f"Blocks on the ground, and groups for chips without coordinates; {number(split.blocks)} together.",
        "all-train": "Too few separate blocks: every chip is for training.",
    }.get(split.method, split.method)
    near = (
        f" Chips of two splits are never nearer than {metres(split.smallest_distance_m)} "
        f"(buffer asked for: {metres(split.buffer_m)})."
        if split.smallest_distance_m is not None
        else ""
    )
    splits = splits_of(split.chips)
    keys = [swatch(_SPLIT_COLORS[s], f"{SPLIT_TITLES[s]} ({number(split.chips[s])} chips)") for s in splits]
    asked = dict(zip(("train", "validate", "test"), split.fractions, strict=True))
    rows: list[list[Text]] = [
        [
            swatch(_SPLIT_COLORS[s], SPLIT_TITLES[s]),
            number(split.chips[s]),
            percent(split.chips[s] / max(1, len(facts.chips))),
            percent(asked[s]) if s in asked else DASH,
            *(percent(split.class_share.get(s, {}).get(c.name, 0.0)) for c in facts.scheme.answerable),
        ]
        for s in splits
    ]
    head = ["Split", "Chips", "Share", "Asked", *(f"of {c.title}" for c in facts.scheme.answerable)]
    tables = [table("Each split's share of the chips and of each class", head, rows, numeric=range(1, len(head)))]
    if split.distances_m:
        pairs = [[pair.replace("-", f" {DASH} "), metres(d)] for pair, d in sorted(split.distances_m.items())]
        tables.append(table("Smallest distance between two splits, on the ellipsoid", ["Pair", "Distance"], pairs))
    drawn = split_map(facts) or note("These chips have no coordinates: there is no map.")
    return "splits", "Splits", join([Markup(f"<p>{h(how + near)}</p>{_legend(keys)}"), drawn, *tables])


def _labels(facts: ReleaseFacts) -> Part:
    counts: dict[str, int] = {}
    for chip in facts.chips:
        for origin, n in chip.origin_counts.items():
            counts[origin] = counts.get(origin, 0) + n
    total = sum(counts.values())
    if not total:
        return "labels", "Where the labels come from", None
    ordered = [(o, counts[o]) for o in ORIGIN_COLORS if counts.get(o)]
    bar = shares(
        [(ORIGIN_TITLES[o], f"o-{o}", n / total) for o, n in ordered],
        "; ".join(f"{ORIGIN_TITLES[o]} {percent(n / total)}" for o, n in ordered),
    )
    unit = KINDS[facts.kind].said.capitalize()
    rows: list[list[Text]] = [
        [swatch(f"var(--{o})", ORIGIN_TITLES[o]), number(n), percent(n / total)] for o, n in ordered
    ]
    reviewed = sum(c.actors >= 2 for c in facts.chips)
    several = f"{reviewed} of {len(facts.chips)} chips were answered by two people or more."
    asked = f"Who said so: {KINDS[facts.kind].said} by origin"
    said = table(asked, ["Said by", unit, "Share"], rows, numeric=(1, 2))
    return "labels", "Where the labels come from", join([bar, said, note(several)])


def _scores(facts: ReleaseFacts) -> Iterator[Part]:
    bodies = []
    for model in facts.models:
        for title, score in scores_of(model.scores):
            bodies.append(_score(facts, score_title(model.title, title), score))
    if bodies:
        lead = Markup('<p class="lead">A model scored on blocks that it was not trained on; intervals are 95 %.</p>')
        yield "scores", "Reference scores", join([lead, *bodies])


def score_title(model: str, score: str) -> str:
    """Title of a score for people; a baseline is not the model's."""
    if score.startswith("Baseline"):
        return score
    return f"{model}: {score}" if score else model


def scores_of(scores: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The score dictionaries in what a model's item says: itself, or one under each name."""
    if "balanced_accuracy" in scores or "iou" in scores:
        yield "", scores
        return
    for name, value in scores.items():
        if isinstance(value, Mapping) and ("balanced_accuracy" in value or "iou" in value):
            yield str(name), value


def _score(facts: ReleaseFacts, title: str, score: Mapping[str, Any]) -> Markup:
    titles = {c.name: c.title for c in facts.scheme}
    rows = [_score_row(name, score[key]) for key, name in _MEANS if key in score]
    rows += [_score_row(f"IoU, {titles.get(c, c)}", v) for c, v in dict(score.get("iou") or {}).items()]
    said = [str(score[k]) for k in ("how", "note") if score.get(k)]
    if score.get("blocks"):
        said.append(f"{number(score.get('pixels'))} pixels in {number(score['blocks'])} blocks")
    caption = ". ".join(s.rstrip(".") for s in said) or "Scores"
    return join([Markup(f"<h3>{h(title)}</h3>"), table(caption, ["Score", "Value", "95 % interval", ""], rows)])


_MEANS = (("balanced_accuracy", "Balanced accuracy"), ("mean_iou", "Mean IoU"))


def _score_row(name: str, estimate: Any) -> list[Text]:
    found = estimate if isinstance(estimate, Mapping) else {"value": estimate}
    value, low, high = (found.get(k) for k in ("value", "low", "high"))
    if not isinstance(value, int | float):
        return [name, DASH, DASH, ""]
    span = f"{low:.3f} to {high:.3f}" if low is not None and high is not None else "too few blocks to tell"
    return [name, f"{value:.3f}", span, interval(value, low, high)]


def _bands(facts: ReleaseFacts) -> Part:
    if not facts.statistics:
        return "bands", "Bands", None
    low = min((s.minimum for s in facts.statistics if s.minimum is not None), default=0.0)
    high = max((s.maximum for s in facts.statistics if s.maximum is not None), default=1.0)
    about = {b.name: b for b in facts.bands}

    def row(s: BandStatistics) -> list[Text]:
        band = about.get(s.name)
        wave = f"{band.center_wavelength:g} µm" if band and band.center_wavelength else DASH
        common = (band.common_name if band else None) or DASH
        numbers = [number(v) for v in (s.mean, s.stddev, s.minimum, s.maximum)]
        return [s.name, common, wave, *numbers, f"{s.valid_percent:.1f} %", band_range(s, low, high)]

    head = ["Band", "Common name", "Wavelength", "Mean", "Std. dev.", "Min", "Max", "Valid", "Range"]
    caption = "Valid pixels of the train split, in physical units; the bar is one standard deviation around the mean"
    return "bands", "Bands", table(caption, head, map(row, facts.statistics), numeric=range(3, 8))


def _provenance(facts: ReleaseFacts) -> Part:
    def source(hrefs: Sequence[str]) -> Markup:
        return join((Markup(f"<code>{h(x)}</code>") for x in hrefs), "<br>") if hrefs else Markup(DASH)

    scenes: list[list[Text]] = [
        [s.id, s.sensor or DASH, s.datetime.strftime("%Y-%m-%d %H:%M UTC"), number(s.chips), source(s.hrefs)]
        for s in facts.sources
    ]
    call = ", ".join(f"{k}={v}" for k, v in facts.provenance.call.items() if v is not None) or DASH
    made: list[list[Text]] = [
        ["Task", f"{facts.task} ({facts.kind})"],
        ["Last journal event", number(facts.provenance.journal_seq)],
        ["Time of that event", facts.created.strftime("%Y-%m-%d %H:%M:%S UTC")],
        ["Seed", str(facts.provenance.seed)],
        ["Call", Markup(f"<code>{h(call)}</code>")],
        ["Former release", facts.former or DASH],
        ["Licence", facts.license if facts.license_stated else f"{facts.license} (none was stated)"],
        ["DOI", facts.doi or DASH],
        ["Providers", ", ".join(str(p.get("name", "")) for p in facts.providers) or DASH],
    ]
    tables = [
        table("Scenes that the chips were cut from", ["Scene", "Sensor", "Acquired", "Chips", "Source"], scenes),
        table("What makes this release again", ["", ""], made),
    ]
    if facts.models:
        models: list[list[Text]] = [[m.title, Markup(f"<code>{h(m.path)}</code>")] for m in facts.models]
        tables.append(table("Models that helped", ["Model", "STAC item"], models))
    versions = sorted(facts.provenance.versions.items())
    tables.append(table("Versions of the programs", ["Program", "Version"], [[k, v] for k, v in versions]))
    return "provenance", "Provenance", join(tables)


def _check(check: CheckReport) -> Part:
    rows = [[f"{level} {TITLES[level]}", check.status(level), number(len(check.of(level)))] for level in LEVELS]
    return "check", "Quality check", table("groundset check", ["Level", "Status", "Findings"], rows, numeric=(2,))


def _use(facts: ReleaseFacts) -> Part:
    code = f'import groundset as gs\n\ntrain = gs.load("{facts.name}", split="train")\nsample = train[0]'
    body = Markup(
        f"<pre><code>{h(code)}</code></pre><p>Without Groundset: <code>dataset.py</code> loads it with torchgeo alone, "
        "<code>croissant.json</code> describes it for Croissant readers, and <code>catalog.json</code> is plain STAC. "
        "<code>groundset check .</code> says whether every file is still what it was.</p>"
    )
    return "use", "Use it", body


def _footer(facts: ReleaseFacts) -> Markup:
    version = facts.provenance.versions.get("groundset", "")
    return Markup(f"{h(facts.title)} {h(facts.name)}, made with Groundset {h(version)}.")
