// Parquet images for other readers, and what we read of images that older versions wrote.
//   parquet_images write FOLDER SPLIT_TIME < chunks of line protocol, a line "--" between two
//     chunk-0.parquet, chunk-1.parquet, ...; compacted.parquet; early.parquet and late.parquet, if they have rows
//   parquet_images read FILE
//     a line per row: values in the order of the file's columns, tab between, "NULL"
#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "chunk/image.h"
#include "chunk/image_merge.h"
#include "chunk/sorted_rows.h"
#include "chunk/testing/reference_table.h"
#include "chunk/testing/table_maker.h"

namespace magnetite::chunk {
namespace {

constexpr uint64_t kRowGroupRows = 1'000;

ImageIdentity identity(uint64_t order) {
  return {"compat", *model::Uuid::parse("01234567-89ab-4cde-8f01-23456789abcd"), "all", model::ChunkId{7},
          model::ChunkOrder{order}};
}

ClosingFacts closing() {
  return {WallTime{1'700'000'000'000'000'000},
          {{model::SequencerId{0}, model::SequenceNumber{1}, model::SequenceNumber{9}}},
          "partition checkpoint",
          "database checkpoint"};
}

void save(const std::string& folder, const std::string& name, std::span<const std::byte> bytes) {
  std::ofstream out(folder + "/" + name, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

Result<> write(const std::string& folder, int64_t split_time) {
  MergeJob job;
  job.options.row_group_rows = kRowGroupRows;
  testing::TableMaker table("compat table");
  const auto cache = std::make_shared<DecodedCache>(1 << 26);
  std::string text;
  const auto close = [&]() -> Result<> {
    table.write(std::exchange(text, {}));
    const OpenSnapshot view = table.chunk().snapshot();
    job.key = extend_sort_key(job.key, view);
    MAGNETITE_TRY(const ImageBytes bytes, write_image(*sort_rows(view, job.key), *table.schema(),
                                                      identity(job.inputs.size()), job.options, closing()));
    save(folder, fmt::format("chunk-{}.parquet", job.inputs.size()), *bytes);
    MAGNETITE_TRY(const std::shared_ptr<const Image> image, Image::open(bytes, cache));
    job.inputs.push_back(image);
    table.start_chunk();
    return {};
  };
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "--")
      MAGNETITE_RETURN_IF_ERROR(close());
    else
      text += line + "\n";
  }
  MAGNETITE_RETURN_IF_ERROR(close());
  job.schema = table.schema();
  MemorySink compacted;
  MAGNETITE_RETURN_IF_ERROR(compact(job, {&compacted, identity(8), closing}));
  save(folder, "compacted.parquet", compacted.take());
  MemorySink early;
  MemorySink late;
  MAGNETITE_TRY(const SplitFacts facts,
                split(job, split_time, {&early, identity(8), closing}, {&late, identity(8), closing}));
  if (facts.up_to) save(folder, "early.parquet", early.take());
  if (facts.after) save(folder, "late.parquet", late.take());
  return {};
}

std::string text_of(const Image& image, size_t group, const model::ColumnSummary& column, uint64_t row) {
  if (column.type == model::ColumnType::kTag) {
    const uint64_t at = image.row_groups()[group].first_row + row;
    const auto value = image.series().tag(image.series().series_of_row(at), column.column);
    return value ? std::string(*value) : "NULL";
  }
  const auto decoded = image.decode(group, column.column);
  if (!decoded) return decoded.error().describe();
  return testing::cell((*decoded)->vector, row).value_or("NULL");
}

Result<> read(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  MAGNETITE_TRY(const std::shared_ptr<const Image> image,
                Image::open(std::make_shared<const std::vector<std::byte>>(begin, begin + text.size()),
                            std::make_shared<DecodedCache>(1 << 26)));
  for (size_t group = 0; group < image->row_groups().size(); ++group)
    for (uint64_t row = 0; row < image->row_groups()[group].row_count; ++row) {
      std::string line;
      for (const model::ColumnSummary& column : image->summaries())
        line += (line.empty() ? "" : "\t") + text_of(*image, group, column, row);
      std::cout << line << "\n";
    }
  return {};
}

}  // namespace
}  // namespace magnetite::chunk

int main(int count, char** arguments) {
  using namespace magnetite;
  const std::string command = count > 1 ? arguments[1] : "";
  Result<> done = fail(ErrorCode::kInvalidInput, "parquet_images write FOLDER SPLIT_TIME | parquet_images read FILE");
  if (command == "write" && count == 4) done = chunk::write(arguments[2], std::stoll(arguments[3]));
  if (command == "read" && count == 3) done = chunk::read(arguments[2]);
  if (done) return 0;
  std::cerr << done.error().describe() << "\n";
  return 1;
}
