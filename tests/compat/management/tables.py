"""The wire API of the 2021 server as tables of field numbers, written from its description and not from our .proto files.

    Message{1 name:type, 2 names:type*, oneof which{3 a:type | 4 b:type}, 5 m:map<uint32,Type>}
    enum Outer.Name PREFIX_{FIRST 0, SECOND 1}
    service Name{Method(Request) -> Answer; Method(Request) -> *Answer}

`*` is repeated, or a stream. A dotted name is nested. A type without a dot is looked for in the message, then in its package.
"""

PACKAGES = {
    "google.rpc": """
        Status{1 code:int32, 2 message:string, 3 details:google.protobuf.Any*}
        BadRequest{1 field_violations:FieldViolation*}
        BadRequest.FieldViolation{1 field:string, 2 description:string}
        PreconditionFailure{1 violations:Violation*}
        PreconditionFailure.Violation{1 type:string, 2 subject:string, 3 description:string}
        QuotaFailure{1 violations:Violation*}
        QuotaFailure.Violation{1 subject:string, 2 description:string}
        ResourceInfo{1 resource_type:string, 2 resource_name:string, 3 owner:string, 4 description:string}
    """,
    "google.longrunning": """
        Operation{1 name:string, 2 metadata:google.protobuf.Any, 3 done:bool,
                  oneof result{4 error:google.rpc.Status | 5 response:google.protobuf.Any}}
        GetOperationRequest{1 name:string}
        CancelOperationRequest{1 name:string}
        DeleteOperationRequest{1 name:string}
        WaitOperationRequest{1 name:string, 2 timeout:google.protobuf.Duration}
        ListOperationsRequest{4 name:string, 1 filter:string, 2 page_size:int32, 3 page_token:string}
        ListOperationsResponse{1 operations:Operation*, 2 next_page_token:string}
        service Operations{
          ListOperations(ListOperationsRequest) -> ListOperationsResponse;
          GetOperation(GetOperationRequest) -> Operation;
          DeleteOperation(DeleteOperationRequest) -> google.protobuf.Empty;
          CancelOperation(CancelOperationRequest) -> google.protobuf.Empty;
          WaitOperation(WaitOperationRequest) -> Operation}
    """,
    "grpc.health.v1": """
        HealthCheckRequest{1 service:string}
        HealthCheckResponse{1 status:ServingStatus}
        enum HealthCheckResponse.ServingStatus {UNKNOWN 0, SERVING 1, NOT_SERVING 2, SERVICE_UNKNOWN 3}
        service Health{Check(HealthCheckRequest) -> HealthCheckResponse; Watch(HealthCheckRequest) -> *HealthCheckResponse}
    """,
    "grpc.reflection.v1alpha": """
        ServerReflectionRequest{1 host:string,
          oneof message_request{3 file_by_filename:string | 4 file_containing_symbol:string | 7 list_services:string}}
        ServerReflectionResponse{1 valid_host:string, 2 original_request:ServerReflectionRequest,
          oneof message_response{4 file_descriptor_response:FileDescriptorResponse
                                 | 6 list_services_response:ListServiceResponse | 7 error_response:ErrorResponse}}
        FileDescriptorResponse{1 file_descriptor_proto:bytes*}
        ListServiceResponse{1 service:ServiceResponse*}
        ServiceResponse{1 name:string}
        ErrorResponse{1 error_code:int32, 2 error_message:string}
        service ServerReflection{ServerReflectionInfo(*ServerReflectionRequest) -> *ServerReflectionResponse}
    """,
    "influxdata.iox.management.v1": """
        GetServerIdRequest{} GetServerIdResponse{1 id:uint32}
        UpdateServerIdRequest{1 id:uint32} UpdateServerIdResponse{}
        SetServingReadinessRequest{1 ready:bool} SetServingReadinessResponse{}
        ListDatabasesRequest{} ListDatabasesResponse{1 names:string*}
        GetDatabaseRequest{1 name:string} GetDatabaseResponse{1 rules:DatabaseRules}
        CreateDatabaseRequest{1 rules:DatabaseRules} CreateDatabaseResponse{}
        UpdateDatabaseRequest{1 rules:DatabaseRules} UpdateDatabaseResponse{1 rules:DatabaseRules}
        ListChunksRequest{1 db_name:string} ListChunksResponse{1 chunks:Chunk*}
        ListRemotesRequest{} ListRemotesResponse{1 remotes:Remote*}
        UpdateRemoteRequest{1 remote:Remote} UpdateRemoteResponse{}
        DeleteRemoteRequest{1 id:uint32} DeleteRemoteResponse{}
        CreateDummyJobRequest{1 nanos:uint64*} CreateDummyJobResponse{1 operation:google.longrunning.Operation}
        ListPartitionsRequest{1 db_name:string} ListPartitionsResponse{1 partitions:Partition*}
        GetPartitionRequest{1 db_name:string, 2 partition_key:string} GetPartitionResponse{1 partition:Partition}
        ListPartitionChunksRequest{1 db_name:string, 2 partition_key:string} ListPartitionChunksResponse{1 chunks:Chunk*}
        NewPartitionChunkRequest{1 db_name:string, 2 partition_key:string, 3 table_name:string} NewPartitionChunkResponse{}
        ClosePartitionChunkRequest{1 db_name:string, 2 partition_key:string, 4 table_name:string, 3 chunk_id:uint32}
        ClosePartitionChunkResponse{1 operation:google.longrunning.Operation}
        UnloadPartitionChunkRequest{1 db_name:string, 2 partition_key:string, 4 table_name:string, 3 chunk_id:uint32}
        UnloadPartitionChunkResponse{}
        GetServerStatusRequest{} GetServerStatusResponse{1 server_status:ServerStatus}
        WipePreservedCatalogRequest{1 db_name:string}
        WipePreservedCatalogResponse{1 operation:google.longrunning.Operation}
        DeleteDatabaseRequest{1 db_name:string, 2 keep_for:google.protobuf.Duration}
        DeleteDatabaseResponse{1 uuid:bytes, 2 purge_at:google.protobuf.Timestamp}
        RestoreDatabaseRequest{1 db_name:string, 2 uuid:bytes} RestoreDatabaseResponse{1 uuid:bytes}
        ListDeletedDatabasesRequest{} ListDeletedDatabasesResponse{1 databases:DeletedDatabase*}
        DeletedDatabase{1 db_name:string, 2 uuid:bytes, 3 deleted_at:google.protobuf.Timestamp,
              4 purge_at:google.protobuf.Timestamp}
        PersistPartitionRequest{1 db_name:string, 2 partition_key:string, 3 table_name:string}
        PersistPartitionResponse{1 operation:google.longrunning.Operation}
        CompactPartitionRequest{1 db_name:string, 2 partition_key:string, 3 table_name:string}
        CompactPartitionResponse{1 operation:google.longrunning.Operation}
        DropPartitionRequest{1 db_name:string, 2 partition_key:string, 3 table_name:string} DropPartitionResponse{}
        RebuildCatalogRequest{1 db_name:string, 2 pass_over_unreadable:bool}
        RebuildCatalogResponse{1 operation:google.longrunning.Operation}
        VerifyCatalogRequest{1 db_name:string} VerifyCatalogResponse{1 operation:google.longrunning.Operation}

        Remote{1 id:uint32, 2 connection_string:string}
        Partition{1 key:string}
        ServerStatus{1 initialized:bool, 2 error:Error, 3 database_statuses:DatabaseStatus*}
        DatabaseStatus{1 db_name:string, 2 error:Error, 3 state:DatabaseState}
        enum DatabaseStatus.DatabaseState DATABASE_STATE_{UNSPECIFIED 0, KNOWN 1, RULES_LOADED 2, REPLAY 3, INITIALIZED 4}
        Error{1 message:string}
        Chunk{1 partition_key:string, 8 table_name:string, 2 id:uint32, 3 storage:ChunkStorage,
              10 lifecycle_action:ChunkLifecycleAction, 4 estimated_bytes:uint64, 9 row_count:uint64,
              5 time_of_first_write:google.protobuf.Timestamp, 6 time_of_last_write:google.protobuf.Timestamp,
              7 time_closed:google.protobuf.Timestamp}
        enum ChunkStorage CHUNK_STORAGE_{UNSPECIFIED 0, OPEN_MUTABLE_BUFFER 1, CLOSED_MUTABLE_BUFFER 2, READ_BUFFER 3,
                                         READ_BUFFER_AND_OBJECT_STORE 4, OBJECT_STORE_ONLY 5}
        enum ChunkLifecycleAction CHUNK_LIFECYCLE_ACTION_{UNSPECIFIED 0, MOVING 1, PERSISTING 2, COMPACTING 3}
        DatabaseRules{1 name:string, 2 partition_template:PartitionTemplate, 3 lifecycle_rules:LifecycleRules,
              oneof routing_rules{8 shard_config:ShardConfig | 9 routing_config:RoutingConfig},
              10 worker_cleanup_avg_sleep:google.protobuf.Duration,
              oneof write_buffer_connection{11 writing:string | 12 reading:string}}
        RoutingConfig{1 target:NodeGroup}
        PartitionTemplate{1 parts:Part*}
        PartitionTemplate.Part{oneof part{1 table:google.protobuf.Empty | 2 column:string | 3 time:string
              | 4 regex:ColumnFormat | 5 strf_time:ColumnFormat}}
        PartitionTemplate.Part.ColumnFormat{1 column:string, 2 format:string}
        LifecycleRules{1 mutable_linger_seconds:uint32, 4 buffer_size_soft:uint64, 5 buffer_size_hard:uint64,
              7 drop_non_persisted:bool, 8 immutable:bool, 9 persist:bool, 10 worker_backoff_millis:uint64,
              11 catalog_transactions_until_checkpoint:uint64, 12 late_arrive_window_seconds:uint32,
              13 persist_row_threshold:uint64, 14 persist_age_threshold_seconds:uint32}
        ShardConfig{1 specific_targets:MatcherToShard*, 2 hash_ring:HashRing, 3 ignore_errors:bool, 4 shards:map<uint32,Shard>}
        MatcherToShard{1 matcher:Matcher, 2 shard:uint32}
        Matcher{1 table_name_regex:string, 2 predicate:string}
        Shard{oneof sink{1 iox:NodeGroup}}
        NodeGroup{1 nodes:Node*}
        NodeGroup.Node{1 id:uint32}
        HashRing{1 table_name:bool, 2 columns:string*, 3 shards:uint32*}

        OperationMetadata{1 cpu_nanos:uint64, 2 wall_nanos:uint64, 3 task_count:uint64, 4 pending_count:uint64,
              oneof job{5 dummy:Dummy | 7 close_chunk:CloseChunk | 8 write_chunk:WriteChunk
              | 9 wipe_preserved_catalog:WipePreservedCatalog | 10 compact_chunks:CompactChunks
              | 11 persist_chunks:PersistChunks | 1001 rebuild_catalog:RebuildCatalog
              | 1002 verify_catalog:VerifyCatalog}, 1010 description:string, 1011 rows_done:uint64,
              1012 rows_total:uint64, 1013 bytes_done:uint64, 1014 report:string}
        Dummy{1 nanos:uint64*}
        CloseChunk{1 db_name:string, 2 partition_key:string, 4 table_name:string, 3 chunk_id:uint32}
        WriteChunk{1 db_name:string, 2 partition_key:string, 4 table_name:string, 3 chunk_id:uint32}
        CompactChunks{1 db_name:string, 2 partition_key:string, 4 table_name:string, 3 chunks:uint32*}
        PersistChunks{1 db_name:string, 2 partition_key:string, 4 table_name:string, 3 chunks:uint32*}
        WipePreservedCatalog{1 db_name:string}
        RebuildCatalog{1 db_name:string}
        VerifyCatalog{1 db_name:string}

        service ManagementService{
          GetServerId(GetServerIdRequest) -> GetServerIdResponse;
          UpdateServerId(UpdateServerIdRequest) -> UpdateServerIdResponse;
          SetServingReadiness(SetServingReadinessRequest) -> SetServingReadinessResponse;
          ListDatabases(ListDatabasesRequest) -> ListDatabasesResponse;
          GetDatabase(GetDatabaseRequest) -> GetDatabaseResponse;
          CreateDatabase(CreateDatabaseRequest) -> CreateDatabaseResponse;
          UpdateDatabase(UpdateDatabaseRequest) -> UpdateDatabaseResponse;
          ListChunks(ListChunksRequest) -> ListChunksResponse;
          ListRemotes(ListRemotesRequest) -> ListRemotesResponse;
          UpdateRemote(UpdateRemoteRequest) -> UpdateRemoteResponse;
          DeleteRemote(DeleteRemoteRequest) -> DeleteRemoteResponse;
          CreateDummyJob(CreateDummyJobRequest) -> CreateDummyJobResponse;
          ListPartitions(ListPartitionsRequest) -> ListPartitionsResponse;
          GetPartition(GetPartitionRequest) -> GetPartitionResponse;
          ListPartitionChunks(ListPartitionChunksRequest) -> ListPartitionChunksResponse;
          NewPartitionChunk(NewPartitionChunkRequest) -> NewPartitionChunkResponse;
          ClosePartitionChunk(ClosePartitionChunkRequest) -> ClosePartitionChunkResponse;
          UnloadPartitionChunk(UnloadPartitionChunkRequest) -> UnloadPartitionChunkResponse;
          GetServerStatus(GetServerStatusRequest) -> GetServerStatusResponse;
          WipePreservedCatalog(WipePreservedCatalogRequest) -> WipePreservedCatalogResponse;
          DeleteDatabase(DeleteDatabaseRequest) -> DeleteDatabaseResponse;
          RestoreDatabase(RestoreDatabaseRequest) -> RestoreDatabaseResponse;
          ListDeletedDatabases(ListDeletedDatabasesRequest) -> ListDeletedDatabasesResponse;
          PersistPartition(PersistPartitionRequest) -> PersistPartitionResponse;
          CompactPartition(CompactPartitionRequest) -> CompactPartitionResponse;
          DropPartition(DropPartitionRequest) -> DropPartitionResponse;
          RebuildCatalog(RebuildCatalogRequest) -> RebuildCatalogResponse;
          VerifyCatalog(VerifyCatalogRequest) -> VerifyCatalogResponse}
    """,
    "influxdata.iox.write.v1": """
        WriteRequest{1 db_name:string, 2 lp_data:string} WriteResponse{1 lines_written:uint64}
        WriteEntryRequest{1 db_name:string, 2 entry:bytes} WriteEntryResponse{}
        service WriteService{Write(WriteRequest) -> WriteResponse; WriteEntry(WriteEntryRequest) -> WriteEntryResponse}
    """,
    "influxdata.transfer.column.v1": """
        WriteRequest{1 database_batch:DatabaseBatch} WriteResponse{}
        DatabaseBatch{1 database_name:string, 2 table_batches:TableBatch*}
        TableBatch{1 table_name:string, 2 columns:Column*, 3 row_count:uint32}
        Column{1 column_name:string, 2 semantic_type:SemanticType, 3 values:Values, 4 null_mask:bytes}
        enum Column.SemanticType SEMANTIC_TYPE_{UNSPECIFIED 0, IOX 1, TAG 2, FIELD 3, TIME 4}
        Column.Values{1 i64_values:int64*, 2 f64_values:double*, 3 u64_values:uint64*, 4 string_values:string*,
                      5 bool_values:bool*, 6 bytes_values:bytes*}
        service WriteService{Write(WriteRequest) -> WriteResponse}
    """,
    "influxdata.platform.storage": """
        TestErrorRequest{} TestErrorResponse{}
        service IOxTesting{TestError(TestErrorRequest) -> TestErrorResponse}
    """,
}

# Each name that health knows; "" is the server.
HEALTH_NAMES = (
    "",
    "grpc.health.v1.Health",
    "grpc.reflection.v1alpha.ServerReflection",
    "influxdata.platform.storage.IOxTesting",
    "influxdata.platform.storage.Storage",
    "arrow.flight.protocol.FlightService",
    "influxdata.iox.write.v1.WriteService",
    "influxdata.transfer.column.v1.WriteService",
    "influxdata.iox.management.v1.ManagementService",
    "google.longrunning.Operations",
)
