#include "server/router.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <random>

#include "base/logging.h"

namespace magnetite::server {
namespace {

constexpr size_t kSendsMax = 16;  // at a time, of one write
constexpr std::string_view kUnconfigured = "no remote is configured for ";

std::string names_of(const model::NodeGroup& group) {
  std::vector<std::string> names;
  for (const uint32_t node : group.nodes) names.push_back(fmt::format("ServerId({})", node));
  return fmt::format("[{}]", fmt::join(names, ", "));
}

std::string replace_id(std::string text, uint32_t id) {
  constexpr std::string_view kPlace = "{id}";
  const std::string digits = std::to_string(id);
  for (size_t at = text.find(kPlace); at != std::string::npos; at = text.find(kPlace, at + digits.size()))
    text.replace(at, kPlace.size(), digits);
  return text;
}

}  // namespace

std::optional<std::string_view> unconfigured(const Error& error) {
  const std::string_view text = error.message();
  if (error.code() != ErrorCode::kFailedPrecondition || !text.starts_with(kUnconfigured)) return std::nullopt;
  const std::string_view rest = text.substr(kUnconfigured.size());
  return rest.substr(0, rest.find(':'));
}

Result<database::WriteReport> Router::write(model::ServerId self, const std::string& database,
                                            const sharding::Route& route, database::WriteInput input,
                                            const StoreHere& store_here) {
  entry::ParsedBody body;
  body.text = std::move(input.body);
  line_protocol::ParseOptions parsing;
  parsing.precision = input.precision;
  parsing.default_time_nanos = executor_.clock().wall_now().nanos;
  parsing.key_bytes_max = options_.limits.key_bytes_max;
  parsing.line_bytes_max = options_.limits.line_bytes_max;
  line_protocol::parse(body.text, parsing, body.batch);

  sharding::ShardedLines lines;
  if (route.sharder != nullptr) {
    lines = route.sharder->split(body.text, body.batch);
  } else {
    lines.errors = body.batch.errors;
    std::vector<uint32_t>& all = lines.shards[0];
    all.resize(body.batch.lines.size());
    std::iota(all.begin(), all.end(), 0u);
  }
  database::WriteReport report;
  report.errors = std::move(lines.errors);
  report.limit_errors.assign(report.errors.size(), false);
  const uint64_t lines_total = body.batch.lines.size() + body.batch.errors_total;
  if (!input.accept_partial && !report.errors.empty()) {
    report.lines_rejected = lines_total;
    return report;
  }
  std::vector<Part> parts;
  parts.reserve(lines.shards.size());  // a payload refers to itself
  for (const auto& [shard, positions] : lines.shards) {
    if (positions.empty()) continue;
    Part& part = parts.emplace_back();
    part.target = route.sharder != nullptr ? &route.shards.at(shard) : &route.target;
    part.lines = positions.size();
    entry::make_payload(body, positions, part.payload);
    report.lines_accepted += part.lines;
    for (const uint32_t i : positions) report.fields_accepted += body.batch.lines[i].field_count;
  }
  report.lines_rejected = lines_total - report.lines_accepted;
  send_all(self, database, parts, store_here);
  uint64_t lines_lost = 0;
  for (const Part& part : parts) lines_lost += part.failure ? part.lines : 0;
  const auto failed = std::ranges::find_if(parts, [](const Part& part) { return part.failure.has_value(); });
  if (failed == parts.end()) return report;
  if (route.ignore_errors) {
    log::warn("lines could not be sent on, which their rules ignore",
              {{"database", database}, {"lines", std::to_string(lines_lost)}, {"error", failed->failure->message()}});
    return report;
  }
  if (lines_lost == report.lines_accepted) return std::unexpected(*failed->failure);
  Error error = *failed->failure;
  return std::unexpected(
      Error(error.code(), fmt::format("{} ({} of {} lines were stored elsewhere, repeating the whole write is safe)",
                                      error.message(), report.lines_accepted - lines_lost, report.lines_accepted)));
}

void Router::send_all(model::ServerId self, const std::string& database, std::vector<Part>& parts,
                      const StoreHere& store_here) {
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t at = next++; at < parts.size(); at = next++) {
      if (auto sent = send(self, database, parts[at], store_here); !sent) parts[at].failure = std::move(sent).error();
    }
  };
  std::vector<Task> helpers;
  for (size_t i = 1; i < std::min(parts.size(), kSendsMax); ++i) helpers.push_back(executor_.spawn("forward", work));
  work();
}

Result<> Router::send(model::ServerId self, const std::string& database, const Part& part,
                      const StoreHere& store_here) {
  std::vector<uint32_t> nodes = part.target->nodes;
  std::minstd_rand random(std::random_device{}());
  std::ranges::shuffle(nodes, random);
  if (std::ranges::contains(nodes, self.value)) {
    database::WriteInput input;
    input.body = part.payload.text;
    input.accept_partial = false;
    MAGNETITE_TRY(const database::WriteReport stored, store_here(std::move(input)));
    if (stored.errors.empty()) return {};
    return fail(ErrorCode::kInvalidInput, stored.errors.front().message);
  }
  MAGNETITE_TRY(const std::vector<Remote> remotes, remotes_.list(self));
  std::optional<Error> unreachable;
  for (const uint32_t node : nodes) {
    const auto known = std::ranges::find(remotes, node, &Remote::id);
    if (known == remotes.end() && options_.remote_template.empty()) continue;
    const std::string address =
        known != remotes.end() ? known->connection_string : replace_id(options_.remote_template, node);
    if (writer_ == nullptr) return fail(ErrorCode::kInternal, "this server cannot reach others");
    auto written = writer_->write(address, database, part.payload.text);
    if (written) return {};
    Error error = std::move(written.error().error);
    if (written.error().reached)
      return std::unexpected(std::move(error).with_context(fmt::format("server {} at {}", node, address)));
    unreachable = std::move(error);
    log::warn("a remote cannot be reached",
              {{"id", std::to_string(node)}, {"address", address}, {"error", unreachable->message()}});
  }
  if (!unreachable)
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("{}{}: name one with `magnetite server remote set` or start with --remote-template",
                            kUnconfigured, names_of(*part.target)));
  return fail(ErrorCode::kUnavailable,
              fmt::format("none of {} can be reached: {}", names_of(*part.target), unreachable->message()));
}

}  // namespace magnetite::server
