#include "lifecycle/actions.h"

namespace magnetite::lifecycle {
namespace {

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

}  // namespace

std::string_view name_of(const Action& action) {
  return std::visit(
      Overloaded{[](const Close&) { return "close"; }, [](const Move&) { return "move"; },
                 [](const Compact&) { return "compact"; }, [](const Persist&) { return "persist"; },
                 [](const CompactPersisted&) { return "compact files"; }, [](const Unload&) { return "unload"; },
                 [](const Drop&) { return "drop"; }, [](const CompactPartition&) { return "compact partition"; },
                 [](const DropPartition&) { return "drop partition"; }},
      action.what);
}

}  // namespace magnetite::lifecycle
