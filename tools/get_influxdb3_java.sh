#!/usr/bin/env bash
# Prints the folder with the jars of the Java client of InfluxDB 3.
exec "$(dirname "${BASH_SOURCE[0]}")/fetch_jars.sh" influxdb3_java
