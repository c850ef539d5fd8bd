// For tests: sources and sinks that count, fail and lie.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chunk/byte_sink.h"
#include "chunk/image_source.h"

namespace magnetite::chunk::testing {

// Not thread-safe.
class ScriptedSource final : public ImageSource {
 public:
  explicit ScriptedSource(std::vector<std::byte> from) : bytes(std::move(from)) {}
  std::string name() const override { return "store/file.parquet"; }
  uint64_t size() const override { return bytes.size(); }
  Result<SourceBytes> read(uint64_t offset, uint64_t count) const override {
    reads.emplace_back(offset, count);
    if (error) return std::unexpected(*error);
    auto copy = std::make_shared<std::vector<std::byte>>(bytes.begin() + static_cast<ptrdiff_t>(offset),
                                                         bytes.begin() + static_cast<ptrdiff_t>(offset + count));
    return SourceBytes{*copy, copy};
  }

  std::vector<std::byte> bytes;
  std::optional<Error> error;
  mutable std::vector<std::pair<uint64_t, uint64_t>> reads;  // offset, bytes
};

// Takes so many bytes and no more.
class FullSink final : public ByteSink {
 public:
  explicit FullSink(size_t room) : room_(room) {}
  Result<> append(std::span<const std::byte> bytes) override {
    if (bytes.size() > room_) return fail(ErrorCode::kResourceExhausted, "no space left");
    room_ -= bytes.size();
    return {};
  }

 private:
  size_t room_;
};

}  // namespace magnetite::chunk::testing
