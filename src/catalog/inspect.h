// Looks at a catalog without changing or claiming it; also at one that cannot be loaded, and beside a running server.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "catalog/loader.h"

namespace magnetite::catalog {

struct DumpedObject {
  std::string object;  // path's text
  uint64_t size_bytes = 0;
  std::optional<RecordHeader> header;
  std::optional<Transaction> transaction;   // of a transaction
  std::shared_ptr<const State> checkpoint;  // of a checkpoint
  std::optional<Problem> problem;           // why the rest is missing
};
// Every object below catalog/, by path, those of others with a problem. Errors: the store's.
Result<std::vector<DumpedObject>> dump(object_store::ObjectStore& store, const ObjectPath& database_folder,
                                       const model::Uuid& database);
std::string to_text(const DumpedObject& object);  // lines for people
std::string to_text(const Action& action);        // one line

struct VerifyReport {
  std::optional<Problem> catalog;  // it cannot be loaded; the rest is empty then
  std::vector<Problem> passed_over;
  uint64_t revision = 0;
  uint64_t files = 0;
  struct WrongSize {
    std::string path;
    uint64_t expected_bytes = 0;
    uint64_t actual_bytes = 0;
  };
  std::vector<std::string> missing;  // paths below the database's folder
  std::vector<WrongSize> wrong_size;
  std::vector<std::string> twice;         // named more than once
  std::vector<std::string> unreferenced;  // not a fault: cleanup removes them, unless they are being written

  bool is_sound() const {
    return !catalog && passed_over.empty() && missing.empty() && wrong_size.empty() && twice.empty();
  }
};
// Does each file exist with the recorded size? Errors: the store's.
Result<VerifyReport> verify(object_store::ObjectStore& store, Executor& executor, const ObjectPath& database_folder,
                            const model::Uuid& database);
std::string to_text(const VerifyReport& report);

}  // namespace magnetite::catalog
