// The schema `system`: what a database says of its own chunks and jobs, in every state.
#include <gmock/gmock.h>

#include "sql_harness.h"

namespace magnetite::testing {
namespace {

using ::testing::HasSubstr;

class SystemTables : public ::testing::TestWithParam<ChunkState> {
 protected:
  void write(const std::string& lines, const std::string& database = "db") { harness_.write(lines, database); }
  std::string query(const std::string& sql, const std::string& database = "db") {
    return harness_.query(sql, database);
  }
  SqlHarness harness_{GetParam()};
};

std::string storage_of(ChunkState state) {
  switch (state) {
    case ChunkState::kOpen:
    case ChunkState::kReplayed:
      return "OpenMutableBuffer";
    case ChunkState::kFrozen:
    case ChunkState::kCompacted:
      return "ReadBuffer";
    case ChunkState::kPersisted:
      return "ReadBufferAndObjectStore";
    case ChunkState::kUnloaded:
    case ChunkState::kRestored:
      return "ObjectStoreOnly";
  }
  return {};
}

// Clients of the 2021 server know these names, types and their order; our own columns come after them.
TEST_P(SystemTables, ColumnsAreThoseThatClientsKnow) {
  write("m v=1 1");
  const auto columns_of = [&](const std::string& table) {
    return query(
        "SELECT string_agg(column_name || ' ' || data_type || CASE is_nullable WHEN 'YES' THEN '?' ELSE '' END, ', ' "
        "ORDER BY ordinal_position) AS c FROM information_schema.columns WHERE table_schema = 'system' AND table_name "
        "= "
        "'" +
        table + "'");
  };
  EXPECT_THAT(
      columns_of("chunks"),
      HasSubstr("id UINTEGER, partition_key VARCHAR, table_name VARCHAR, storage VARCHAR, lifecycle_action VARCHAR?, "
                "estimated_bytes UBIGINT, row_count UBIGINT, time_of_first_write TIMESTAMP_NS?, "
                "time_of_last_write TIMESTAMP_NS?, time_closed TIMESTAMP_NS?, object_store_bytes UBIGINT?"));
  EXPECT_THAT(columns_of("columns"), HasSubstr("partition_key VARCHAR, table_name VARCHAR, column_name VARCHAR, "
                                               "column_type VARCHAR, influxdb_type VARCHAR"));
  EXPECT_THAT(columns_of("chunk_columns"),
              HasSubstr("partition_key VARCHAR, chunk_id UINTEGER, table_name VARCHAR, column_name VARCHAR, "
                        "storage VARCHAR, row_count UBIGINT?, min_value VARCHAR?, max_value VARCHAR?, "
                        "estimated_bytes UBIGINT?"));
  EXPECT_THAT(columns_of("operations"),
              HasSubstr("id VARCHAR, status VARCHAR, cpu_time_used TIME_NS, wall_time_used TIME_NS, "
                        "partition_key VARCHAR?, chunk_id UINTEGER?, description VARCHAR, table_name VARCHAR?"));
  EXPECT_THAT(columns_of("sequencers"), HasSubstr("sequencer_id UINTEGER, applied_through UBIGINT?"));
}

TEST_P(SystemTables, ChunksShowWhereTheRowsAre) {
  write("cpu,host=a usage=1.5 10\ncpu,host=b usage=2.5 20");
  harness_.settle();
  const std::string storage = storage_of(GetParam());
  EXPECT_EQ(query("SELECT partition_key, table_name, storage, lifecycle_action, row_count FROM system.chunks"),
            "partition_key,table_name,storage,lifecycle_action,row_count\n1970-01-01,cpu," + storage + ",,2\n");
  EXPECT_EQ(query("SELECT count(*) AS n FROM system.chunks WHERE estimated_bytes > 0 OR storage = 'ObjectStoreOnly'"),
            "n\n1\n");
  const bool stored = storage.ends_with("Store") || storage == "ObjectStoreOnly";
  EXPECT_EQ(query("SELECT object_store_bytes > 0 AS stored FROM system.chunks"),
            stored ? "stored\ntrue\n" : "stored\n\n");
  EXPECT_EQ(query("SELECT time_closed IS NULL AS open FROM system.chunks WHERE storage = 'OpenMutableBuffer'"),
            storage == "OpenMutableBuffer" ? "open\ntrue\n" : "");
}

TEST_P(SystemTables, ColumnsHaveTheirTypes) {
  write("m,tag=a f=1.5,i=2i,u=3u,s=\"x\",b=t 10");
  harness_.settle();
  EXPECT_EQ(query("SELECT table_name, column_name, column_type, influxdb_type FROM system.columns"),
            "table_name,column_name,column_type,influxdb_type\n"
            "m,b,Bool,Field\nm,f,F64,Field\nm,i,I64,Field\nm,s,String,Field\nm,tag,String,Tag\nm,time,I64,Timestamp\n"
            "m,u,U64,Field\n");
}

TEST_P(SystemTables, ChunkColumnsHaveTheirStatistics) {
  write("m,tag=a f=1.5,s=\"x\" 10\nm,tag=b i=-2i 20");
  harness_.settle();
  const std::string storage = storage_of(GetParam());
  EXPECT_EQ(query("SELECT column_name, storage, row_count, min_value, max_value FROM system.chunk_columns "
                  "ORDER BY column_name"),
            "column_name,storage,row_count,min_value,max_value\n"
            "f," +
                storage + ",1,1.5,1.5\ni," + storage + ",1,-2,-2\ns," + storage + ",1,x,x\ntag," + storage +
                ",2,a,b\ntime," + storage + ",2,10,20\n");
}

TEST_P(SystemTables, OperationsAreThoseOfTheDatabase) {
  write("m v=1i 10");
  write("other v=1i 10", "quiet");
  const auto job = harness_.server().perform("db", {"m", "1970-01-01", lifecycle::Persist{}, ""});
  ASSERT_TRUE(job && *job) << job.error().describe();
  ASSERT_EQ(harness_.server().jobs().wait(**job, kNever)->state, jobs::JobState::kSucceeded);
  EXPECT_EQ(query("SELECT status, partition_key, table_name, rows_done, error FROM system.operations "
                  "WHERE description = 'Persisting chunks to object storage'"),
            "status,partition_key,table_name,rows_done,error\nComplete,1970-01-01,m,1,\n");
  EXPECT_EQ(query("SELECT count(*) AS n FROM system.operations WHERE table_name = 'm'", "quiet"), "n\n0\n");
}

TEST_P(SystemTables, TheLifecycleSaysWhatComesNextAndWhy) {
  write("m v=1i 10");
  harness_.settle();
  const std::string next =
      query("SELECT next_action, next_action_time > now() AS later, next_reason FROM system.lifecycle");
  if (GetParam() >= ChunkState::kPersisted)
    EXPECT_EQ(next, "next_action,later,next_reason\n,,\n");
  else
    EXPECT_THAT(next, HasSubstr("\npersist,true,"));
}

TEST_P(SystemTables, SequencersSayHowFarTheLogIsAppliedAndPersisted) {
  write("m v=1i 10");
  harness_.settle();
  EXPECT_EQ(
      query("SELECT applied_through, first_unpersisted, lag FROM system.sequencers WHERE applied_through IS NOT NULL"),
      GetParam() >= ChunkState::kPersisted ? "applied_through,first_unpersisted,lag\n0,,\n"
                                           : "applied_through,first_unpersisted,lag\n0,0,\n");
}

TEST_P(SystemTables, AreFoundByTheNamesPeopleUse) {
  write("chunks v=7i 10");  // a table of the user's with the same name
  EXPECT_EQ(query("SELECT count(*) AS n FROM system.chunks"), "n\n1\n");
  EXPECT_EQ(query("SELECT count(*) AS n FROM public.system.chunks"), "n\n1\n");
  EXPECT_EQ(query("SELECT count(*) AS n FROM SYSTEM.Chunks"), "n\n1\n");
  EXPECT_EQ(query("SELECT v FROM chunks"), "v\n7\n");
  EXPECT_EQ(query("SELECT table_name FROM information_schema.tables WHERE table_schema = 'system' ORDER BY table_name"),
            "table_name\nchunk_columns\nchunks\ncolumns\nlifecycle\noperations\nsequencers\n");
  EXPECT_THAT(query("SELECT * FROM system.nothing"), HasSubstr("nothing"));
  EXPECT_EQ(query("SHOW DATABASES"), "db_name\ndb\n");
  EXPECT_THAT(query("SHOW TABLES"), ::testing::Not(HasSubstr("operations")));
  EXPECT_THAT(query("INSERT INTO system.chunks VALUES (1)"), HasSubstr("error"));
}

TEST_P(SystemTables, JoinWithEachOther) {
  write("a v=1i 10\nb v=1i 10\nb,t=x w=1i 86400000000000");
  harness_.settle();
  EXPECT_EQ(query("SELECT c.table_name, count(*) AS columns FROM system.chunks c JOIN system.chunk_columns k "
                  "ON c.id = k.chunk_id AND c.partition_key = k.partition_key AND c.table_name = k.table_name "
                  "GROUP BY 1 ORDER BY 1"),
            "table_name,columns\na,2\nb,5\n");
}

INSTANTIATE_TEST_SUITE_P(States, SystemTables,
                         ::testing::Values(ChunkState::kOpen, ChunkState::kFrozen, ChunkState::kReplayed,
                                           ChunkState::kCompacted, ChunkState::kPersisted, ChunkState::kUnloaded,
                                           ChunkState::kRestored));

}  // namespace
}  // namespace magnetite::testing
