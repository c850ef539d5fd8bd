#include "cli/completion_script.h"

#include <gmock/gmock.h>

namespace magnetite::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

CommandTree program() {
  CommandTree query{.name = "query",
                    .what = "Runs a statement",
                    .places = {Place::kDatabase, Place::kAnything},
                    .place_values = {{}, {}}};
  query.options = {{.names = {"--limit"}, .takes_value = true, .values = {}}};
  CommandTree database{.name = "database", .what = "It's about databases", .commands = {query}};
  CommandTree completion{
      .name = "completion", .what = "", .places = {Place::kAnything}, .place_values = {{"bash", "zsh"}}};
  CommandTree all{.name = "magnetite", .what = "", .commands = {database, completion}};
  all.options = {{.names = {"--format", "-f"}, .takes_value = true, .values = {"pretty", "json"}},
                 {.names = {"--verbose"}, .takes_value = false, .values = {}}};
  return all;
}

TEST(CompletionScript, BashKnowsCommandsOptionsAndPlaces) {
  const std::string script = bash_completion(program());
  EXPECT_THAT(script, HasSubstr("'') subcommands='database completion' flags='--format -f --verbose' operands='' ;;"));
  EXPECT_THAT(script, HasSubstr("'database') subcommands='query'"));
  EXPECT_THAT(
      script,
      HasSubstr("'database query') subcommands='' flags='--limit --format -f --verbose' operands='database any' ;;"));
  EXPECT_THAT(script,
              HasSubstr("'completion') subcommands='' flags='--format -f --verbose' operands='words:bash,zsh' ;;"));
  EXPECT_THAT(script, HasSubstr("--format|-f) echo 'pretty json' ;;"));
  EXPECT_THAT(script, HasSubstr("--limit) echo '' ;;"));
  EXPECT_THAT(script, Not(HasSubstr("--verbose) echo")));
  EXPECT_THAT(script, Not(HasSubstr("@CASES@")));
  EXPECT_THAT(script, Not(HasSubstr("@VALUES@")));
}

TEST(CompletionScript, ZshKnowsTheSame) {
  const std::string script = zsh_completion(program());
  EXPECT_TRUE(script.starts_with("#compdef magnetite\n"));
  EXPECT_THAT(script, HasSubstr("operands='database any' ;;"));
  EXPECT_THAT(script, HasSubstr("compdef _magnetite magnetite"));
}

TEST(CompletionScript, FishKnowsCommandsOptionsAndPlaces) {
  const std::string script = fish_completion(program());
  EXPECT_THAT(script, HasSubstr("set -g __magnetite_paths 'database' 'database query' 'completion'\n"));
  EXPECT_THAT(script, HasSubstr("set -g __magnetite_with_value --format -f --limit\n"));
  EXPECT_THAT(script, HasSubstr(R"(complete -c magnetite -n '__magnetite_at' -a database -d 'It\'s about databases')"));
  EXPECT_THAT(script, HasSubstr("complete -c magnetite -l format -s f -x -a 'pretty json'\n"));
  EXPECT_THAT(script,
              HasSubstr("complete -c magnetite -n '__magnetite_at database query' -a '(__magnetite_databases)'\n"));
  EXPECT_THAT(script, HasSubstr("complete -c magnetite -n '__magnetite_at completion' -a 'bash zsh'\n"));
}

}  // namespace
}  // namespace magnetite::cli
