#!/usr/bin/env bash
# Starts a Spark Connect server for Tieout, in the foreground; Ctrl-C ends it.
#
#   deploy/connect.sh MASTER [PORT]
#   deploy/connect.sh 'local[*]' 15002
#
# Jobs then run with SPARK_REMOTE=sc://HOST:PORT. Needs: spark-submit, and Python with the wheel's dependencies on the
# server and its workers (PYSPARK_PYTHON names the interpreter). The wheel of dist/ is sent to the workers.
# DRIVER_MEMORY, DRIVER_OPTIONS, EXECUTOR_OPTIONS and SUBMIT_OPTIONS: as of submit.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
master=$1
port=${2:-15002}

wheel=$(ls -t "$here"/dist/tieout-*.whl 2>/dev/null | head -n 1)
[ -n "$wheel" ] || { echo "No wheel in dist/: run 'make wheel' first." >&2; exit 2; }

# Spark puts zip files on the workers' Python path, and a wheel is a zip file by another name.
package=$(mktemp -d)/tieout.zip
cp "$wheel" "$package"

# shellcheck disable=SC2086  # options are words
exec "${SPARK_SUBMIT:-spark-submit}" \
  --class org.apache.spark.sql.connect.service.SparkConnectServer \
  --name "Spark Connect server" \
  --master "$master" \
  --driver-memory "${DRIVER_MEMORY:-4g}" \
  --driver-java-options "${DRIVER_OPTIONS:--XX:ReservedCodeCacheSize=512m -XX:-DontCompileHugeMethods}" \
  --conf "spark.executor.extraJavaOptions=${EXECUTOR_OPTIONS:--XX:-DontCompileHugeMethods}" \
  --packages "${DELTA_PACKAGE:-io.delta:delta-spark_4.1_2.13:4.4.0}" \
  --conf spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension \
  --conf spark.sql.catalog.spark_catalog=org.apache.spark.sql.delta.catalog.DeltaCatalog \
  --conf "spark.connect.grpc.binding.port=$port" \
  --py-files "$package" \
  ${SUBMIT_OPTIONS:-}
