#!/usr/bin/env bash
# Submits one job to a Spark cluster with the built wheel.
#
#   deploy/submit.sh MASTER VERB [ARGUMENTS...]
#   deploy/submit.sh spark://host:7077 run --input s3a://bucket/exports --root s3a://bucket/lakehouse
#
# Needs: spark-submit and Python with the wheel's dependencies on the driver, the same Python
# packages on the workers (PYSPARK_PYTHON names the interpreter). The driver plans queries over dozens of
# tables: DRIVER_MEMORY, 4g; DRIVER_OPTIONS and EXECUTOR_OPTIONS are the JVMs'. SUBMIT_OPTIONS adds options.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
master=$1
verb=$2
shift 2

wheel=$(ls -t "$here"/dist/tieout-*.whl 2>/dev/null | head -n 1)
[ -n "$wheel" ] || { echo "No wheel in dist/: run 'make wheel' first." >&2; exit 2; }

# Spark puts zip files on the workers' Python path, and a wheel is a zip file by another name.
package=$(mktemp -d)/tieout.zip
cp "$wheel" "$package"

# Where there is no conf/, the one beside this script is used.
export TIEOUT_CONFIG="${TIEOUT_CONFIG:-$here/conf}"

# shellcheck disable=SC2086  # options are words
exec "${SPARK_SUBMIT:-spark-submit}" \
  --master "$master" \
  --driver-memory "${DRIVER_MEMORY:-4g}" \
  --driver-java-options "${DRIVER_OPTIONS:--XX:ReservedCodeCacheSize=512m -XX:-DontCompileHugeMethods}" \
  --conf "spark.executor.extraJavaOptions=${EXECUTOR_OPTIONS:--XX:-DontCompileHugeMethods}" \
  --packages "${DELTA_PACKAGE:-io.delta:delta-spark_4.1_2.13:4.4.0}" \
  --conf spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension \
  --conf spark.sql.catalog.spark_catalog=org.apache.spark.sql.delta.catalog.DeltaCatalog \
  --py-files "$package" \
  ${SUBMIT_OPTIONS:-} \
  "$here/jobs/$verb.py" "$@"
