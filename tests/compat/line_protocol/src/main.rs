//! Reads texts separated by NUL from standard input, parses each with influxdb-line-protocol, and prints one JSON array
//! per text: a line as {"m":measurement,"t":[[key,value]...],"f":[[key,type,value]...],"at":time or null}, an error as null.
use influxdb_line_protocol::{parse_lines, FieldValue, ParsedLine};
use std::fmt::Write as _;
use std::io::{Read, Write};

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if (c as u32) < 0x20 => write!(out, "\\u{:04x}", c as u32).unwrap(),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn pair(key: &str, value: &str, out: &mut String) {
    out.push('[');
    quoted(key, out);
    out.push(',');
    quoted(value, out);
    out.push(']');
}

fn field(key: &str, value: &FieldValue<'_>, out: &mut String) {
    out.push('[');
    quoted(key, out);
    match value {
        FieldValue::I64(v) => write!(out, ",\"integer\",{v}"),
        FieldValue::U64(v) => write!(out, ",\"unsigned\",{v}"),
        FieldValue::F64(v) => write!(out, ",\"float\",{}", v.to_bits()),
        FieldValue::Boolean(v) => write!(out, ",\"boolean\",{v}"),
        FieldValue::String(v) => {
            out.push_str(",\"string\",");
            quoted(v.as_str(), out);
            Ok(())
        }
    }
    .unwrap();
    out.push(']');
}

fn line(parsed: &ParsedLine<'_>, out: &mut String) {
    out.push_str("{\"m\":");
    quoted(parsed.series.measurement.as_str(), out);
    out.push_str(",\"t\":[");
    let mut tags: Vec<(&str, &str)> = parsed
        .series
        .tag_set
        .iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    tags.sort();
    for (i, (key, value)) in tags.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        pair(key, value, out);
    }
    out.push_str("],\"f\":[");
    for (i, (key, value)) in parsed.field_set.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        field(key.as_str(), value, out);
    }
    match parsed.timestamp {
        Some(time) => write!(out, "],\"at\":{time}}}").unwrap(),
        None => out.push_str("],\"at\":null}"),
    }
}

fn main() -> std::io::Result<()> {
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input)?;
    let mut out = String::new();
    for text in input.split_terminator('\0') {
        out.push('[');
        for (i, parsed) in parse_lines(text).enumerate() {
            if i > 0 {
                out.push(',');
            }
            match parsed {
                Ok(parsed) => line(&parsed, &mut out),
                Err(_) => out.push_str("null"),
            }
        }
        out.push_str("]\n");
    }
    std::io::stdout().write_all(out.as_bytes())
}
