//! influxdb-line-protocol behind a C function, to be measured beside our parser.
use influxdb_line_protocol::parse_lines;

/// Parses `size` bytes of UTF-8 at `data`; returns the number of fields, or -1 where a line is refused.
///
/// # Safety
/// `data` must point to `size` readable bytes.
#[no_mangle]
pub unsafe extern "C" fn line_protocol_rs_parse(data: *const u8, size: usize) -> i64 {
    let bytes = std::slice::from_raw_parts(data, size);
    let Ok(text) = std::str::from_utf8(bytes) else {
        return -1;
    };
    let mut fields = 0;
    for line in parse_lines(text) {
        match line {
            Ok(line) => fields += line.field_set.len() as i64,
            Err(_) => return -1,
        }
    }
    fields
}
