// Random names, and the many ways line protocol can spell each of them.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace magnetite::entry::testing {

// Short, full of what needs escapes; never ends in a backslash.
inline rc::Gen<std::string> any_name() {
  const auto part = rc::gen::element<std::string>("a", "b", "7", ",", "=", " ", "\\", "\"", "é", "#");
  return rc::gen::map(rc::gen::resize(4, rc::gen::container<std::vector<std::string>>(part)),
                      [](const std::vector<std::string>& parts) {
                        std::string name = "n";
                        for (const std::string& each : parts) name += each;
                        return name + "z";
                      });
}

struct Identity {
  std::string measurement;
  std::map<std::string, std::string> tags;
};

inline rc::Gen<Identity> any_identity() {
  const auto key = rc::gen::element<std::string>("a", "b c", "c,d", "e=f", "g\\h", "id");
  const auto value = rc::gen::oneOf(any_name(), rc::gen::element<std::string>("1602338097000000000", "-1", "12x"));
  using Tags = std::vector<std::pair<std::string, std::string>>;
  const auto tags = rc::gen::resize(6, rc::gen::container<Tags>(rc::gen::pair(key, value)));
  return rc::gen::map(rc::gen::pair(any_name(), tags), [](std::pair<std::string, Tags> parts) {
    return Identity{"m" + std::move(parts.first), {parts.second.begin(), parts.second.end()}};
  });
}

// `must` always gets a backslash, `may` sometimes.
inline std::string spell(const std::string& text, std::string_view must, std::string_view may,
                         std::mt19937_64& random) {
  std::string spelled;
  for (const char c : text) {
    if (must.contains(c) || (may.contains(c) && random() % 2 == 0)) spelled += '\\';
    spelled += c;
  }
  return spelled;
}

inline std::string spell(const Identity& identity, std::mt19937_64& random) {
  std::string text = spell(identity.measurement, ", \\", "", random);
  std::vector<std::pair<std::string, std::string>> tags(identity.tags.begin(), identity.tags.end());
  std::ranges::shuffle(tags, random);
  for (const auto& [key, value] : tags)
    text += ',' + spell(key, "= \\", ",", random) + '=' + spell(value, ", \\", "=", random);
  return text;
}

}  // namespace magnetite::entry::testing
