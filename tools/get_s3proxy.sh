#!/usr/bin/env bash
# Prints the folder with the jars of the S3 server that the tests use.
exec "$(dirname "${BASH_SOURCE[0]}")/fetch_jars.sh" s3proxy
