"""A strict reader of the Prometheus text format: whatever a lenient one would pass over is an error here."""
import math
import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
TYPES = ("counter", "gauge", "histogram")


class Family:
    def __init__(self, name, help_text):
        self.name, self.help, self.kind = name, help_text, None
        self.series = {}  # (name of the sample, its labels sorted) -> value

    def value(self, **labels):
        return self.series[(self.name, tuple(sorted(labels.items())))]


def parse_labels(text):
    labels = {}
    while text:
        match = LABEL.match(text)
        assert match, f"labels: {text}"
        assert match[1] not in labels, f"label twice: {match[1]}"
        labels[match[1]] = match[2]
        text = text[match.end():]
        assert text == "" or text.startswith(","), f"labels: {text}"
        text = text[1:]
    return labels


def parse_number(text):
    number = float({"+Inf": "inf", "-Inf": "-inf", "NaN": "nan"}.get(text, text))
    assert not math.isnan(number), "NaN"
    return number


def check_histogram(family):
    """Buckets of each series grow up to +Inf, which is the count; there is a sum."""
    rows = {}
    for (name, labels), value in family.series.items():
        bound = dict(labels).get("le")
        others = tuple(pair for pair in labels if pair[0] != "le")
        rows.setdefault(others, {}).setdefault(name.removeprefix(family.name), []).append((bound, value))
    for others, parts in rows.items():
        assert set(parts) == {"_bucket", "_count", "_sum"}, (family.name, others, set(parts))
        buckets = [(parse_number(bound), value) for bound, value in parts["_bucket"]]
        assert buckets == sorted(buckets), (family.name, others)
        assert [value for _, value in buckets] == sorted(value for _, value in buckets), (family.name, others)
        assert buckets[-1] == (math.inf, parts["_count"][0][1]), (family.name, others)


def parse(text):
    """Families by name; an AssertionError says what is wrong."""
    families, current = {}, None
    lines = text.split("\n")
    assert lines[-2:] == ["# EOF", ""], lines[-2:]
    for line in lines[:-2]:
        if line.startswith("# HELP "):
            name, _, help_text = line[len("# HELP "):].partition(" ")
            assert NAME.fullmatch(name) and help_text, line
            assert name not in families, f"HELP twice: {name}"
            assert current is None or current.series, f"no sample: {current.name}"
            current = families[name] = Family(name, help_text)
        elif line.startswith("# TYPE "):
            name, kind = line[len("# TYPE "):].split(" ")
            assert current and name == current.name and current.kind is None and not current.series, line
            assert kind in TYPES, line
            current.kind = kind
        else:
            match = re.fullmatch(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)", line)
            assert match, f"no sample: {line}"
            assert current and current.kind, line
            suffix = match[1].removeprefix(current.name)
            assert match[1].startswith(current.name), f"{match[1]} among samples of {current.name}"
            assert suffix in (("_bucket", "_sum", "_count") if current.kind == "histogram" else ("",)), line
            key = (match[1], tuple(sorted(parse_labels(match[2] or "").items())))
            assert key not in current.series, f"series twice: {line}"
            current.series[key] = parse_number(match[3])
            assert current.kind == "gauge" or current.series[key] >= 0, line
    assert current is None or current.series, f"no sample: {current.name}"
    for family in families.values():
        if family.kind == "histogram":
            check_histogram(family)
    return families
