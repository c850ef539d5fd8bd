#include "server/rules_secrets.h"

#include <array>

#include "write_buffer/connection.h"

namespace magnetite::server {
namespace {

constexpr std::array kConnections = {&model::DatabaseRules::write_buffer_writing,
                                     &model::DatabaseRules::write_buffer_reading};

}  // namespace

model::DatabaseRules without_secrets(model::DatabaseRules rules) {
  for (const auto connection : kConnections) rules.*connection = write_buffer::without_secrets(rules.*connection);
  return rules;
}

void restore_secrets(model::DatabaseRules& rules, const model::DatabaseRules& stored) {
  for (const auto connection : kConnections)
    if (rules.*connection == write_buffer::without_secrets(stored.*connection)) rules.*connection = stored.*connection;
}

}  // namespace magnetite::server
