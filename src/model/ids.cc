#include "model/ids.h"

#include <fmt/format.h>

#include <charconv>
#include <random>

namespace magnetite::model {

Uuid Uuid::random() {
  // random_device reads the kernel's generator: unique across processes and machines.
  std::random_device source;
  Uuid uuid;
  for (size_t i = 0; i < uuid.bytes.size(); i += 4) {
    const uint32_t word = source();
    for (size_t j = 0; j < 4; ++j) uuid.bytes[i + j] = static_cast<uint8_t>(word >> (8 * j));
  }
  uuid.bytes[6] = static_cast<uint8_t>((uuid.bytes[6] & 0x0F) | 0x40);
  uuid.bytes[8] = static_cast<uint8_t>((uuid.bytes[8] & 0x3F) | 0x80);
  return uuid;
}

Result<Uuid> Uuid::parse(std::string_view text) {
  const auto bad = [&] { return fail(ErrorCode::kInvalidInput, fmt::format("'{}' is not a UUID", text)); };
  if (text.size() != 36) return bad();
  Uuid uuid;
  size_t at = 0;
  for (uint8_t& byte : uuid.bytes) {
    if (at == 8 || at == 13 || at == 18 || at == 23) {
      if (text[at++] != '-') return bad();
    }
    const char* first = text.data() + at;
    if (std::from_chars(first, first + 2, byte, 16).ptr != first + 2) return bad();
    at += 2;
  }
  return uuid;
}

std::string Uuid::text() const {
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", bytes[i]);
  }
  return text;
}

Result<> check_database_name(std::string_view name) {
  constexpr size_t kNameBytesMax = 64;
  if (name.empty() || name.size() > kNameBytesMax)
    return fail(ErrorCode::kInvalidInput,
                fmt::format("database name must have 1 to {} bytes, this one has {}", kNameBytesMax, name.size()));
  if (name == "." || name == "..")
    return fail(ErrorCode::kInvalidInput, fmt::format("'{}' cannot name a database", name));
  for (size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (c < 0x20 || c == 0x7F)
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("database name must not contain control characters: byte {} is {:#04x}", i, c));
  }
  return {};
}

std::string ChunkAddress::text() const {
  return fmt::format("Chunk('{}':'{}':'{}':{})", database, table, partition_key, chunk.value);
}

}  // namespace magnetite::model
