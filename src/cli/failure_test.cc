#include "cli/failure.h"

#include <gmock/gmock.h>

namespace magnetite::cli {
namespace {

using testing::HasSubstr;

struct Case {
  CallFailure failure;
  std::string_view says;
  ExitCode code;
};

TEST(Failure, SaysWhatToDoNext) {
  const std::string_view url = "http://there:1";
  const Case cases[] = {
      {{14, "connection refused", false, url},
       "Error connecting to http://there:1: connection refused",
       ExitCode::kUnreachable},
      {{14, "connection refused", false, url},
       "is the server running? --host or MAGNETITE_ADDR",
       ExitCode::kUnreachable},
      {{14, "databases are loading", true, url}, "wait-server-initialized", ExitCode::kRefused},
      {{5, "Resource database/a not found", true, url}, "`magnetite database list` shows", ExitCode::kRefused},
      {{5, "Resource database/a not found", true, url},
       "Database not found: Resource database/a not found",
       ExitCode::kRefused},
      {{5, "Database a not found", true, url},
       "Database not found: Database a not found (`magnetite",
       ExitCode::kRefused},
      {{5, "Resource chunk/cpu:k:7 not found", true, url}, "Resource chunk/cpu:k:7 not found", ExitCode::kRefused},
      {{6, "Resource database/a already exists", true, url}, "Database already exists: Resource", ExitCode::kRefused},
      {{12, "", true, url}, "does not know this call", ExitCode::kRefused},
      {{12, "catalogs are never wiped", true, url}, "catalogs are never wiped", ExitCode::kRefused},
      {{13, "Internal Error", true, url}, "Unexpected server error: Internal Error", ExitCode::kRefused},
  };
  for (const Case& each : cases) {
    const Error error = to_error(each.failure);
    EXPECT_THAT(error.message(), HasSubstr(each.says));
    EXPECT_EQ(exit_code_of(error), each.code) << error.message();
  }
}

TEST(Failure, OnlyWhatIsMissingIsADatabase) {
  const Error error = to_error({5, "Resource chunk/cpu:k:7 not found", true, "http://there:1"});
  EXPECT_EQ(error.message(), "Resource chunk/cpu:k:7 not found");
}

}  // namespace
}  // namespace magnetite::cli
