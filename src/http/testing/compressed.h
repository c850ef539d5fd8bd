// Bodies as clients compress them.
#pragma once

#include <string>
#include <string_view>

namespace magnetite::http {

std::string gzipped(std::string_view text);
// `with_size` false: as a streaming compressor writes it.
std::string zstd_packed(std::string_view text, bool with_size = true);

}  // namespace magnetite::http
