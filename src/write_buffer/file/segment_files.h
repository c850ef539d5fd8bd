// Segments as files of a folder. A segment is made complete under a passing name and gets its own by a rename.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/disk.h"
#include "write_buffer/file/segment_format.h"

namespace magnetite::write_buffer {

inline constexpr std::string_view kPassingSuffix = ".new";  // recovery removes such files

std::string segment_path(const std::string& folder, uint64_t segment);
std::optional<uint64_t> segment_of(std::string_view file_name);
// A trimmed segment that waits for its next life, with all its bytes.
std::string spare_path(const std::string& folder, uint64_t segment);
bool is_spare(std::string_view file_name);

// Damage of a segment, in words for the operator.
std::unexpected<Error> segment_damage(const std::string& path, uint64_t offset, std::string_view what);

// Makes a file of zeroes, synced. Written, not only reserved: overwriting blocks that exist makes fdatasync cheap.
// kResourceExhausted when they do not fit; nothing is left behind then.
Result<> make_zeroed_file(Disk& disk, const std::string& path, uint64_t bytes);

Result<> write_segment_header(File& file, const format::SegmentHeader& header);
// Either copy that verifies.
Result<format::SegmentHeader> read_segment_header(File& file, const std::string& path);

}  // namespace magnetite::write_buffer
