"""Results of `tieout match` that fit the driver: fetched once, then measured, selected and written in memory."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tieout.config.models.matching import Thresholds
from tieout.errors import UsageError
from tieout.identity.clustering.graph import Flags, Floats, Ints
from tieout.identity.evaluation.measures_here import cluster_scores, histogram, linked_scores, listed
from tieout.identity.evaluation.scores import ClusterScores, Histogram
from tieout.match_files.outputs.selection import NOTHING_FITS, Records, Selection, Some
from tieout.matching.scoring.questions import worth_asking_of
from tieout.matching.training.charts import weight_histogram_of

# Records, pairs and rows of the truth together, of which the driver holds some fifty bytes each, and half as much again
# while it counts. There are no more than this, and where there is less memory, no more than take an eighth of it.
MOST_HERE, BYTES_A_ROW, SHARE = 40_000_000, 75, 8
ROWS_AT_ONCE = 1_000_000


def most_here() -> int:
    """Return how many rows this machine may hold for the results."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(MOST_HERE, memory // SHARE // BYTES_A_ROW)


@dataclass(frozen=True)
class ResultsHere:
    """Clusters (record_id, source, _id, cluster_id, confidence), scored pairs and the truth, in memory."""

    clusters: pa.Table
    pairs: pa.Table
    true_clusters: pa.Table | None = None
    true_pairs: pa.Table | None = None

    @cached_property
    def _records(self) -> pd.Index[int]:
        found: pd.Index[int] = pd.Index(self.clusters.column("record_id").to_numpy())
        return found

    @cached_property
    def _ends(self) -> list[Ints]:
        """Return the places of both records of each pair among the clusters' rows."""
        return [self._places(self.pairs, name) for name in ("id_l", "id_r")]

    def _places(self, table: pa.Table, name: str) -> Ints:
        """Return the place of each record that a column names, -1 where there is no such record."""
        return np.asarray(self._records.get_indexer(table.column(name).to_numpy()), dtype=np.int64)

    def _numbered(self, table: pa.Table) -> tuple[Ints, Ints]:
        """Return the places of both ends of pairs, numbers beyond the records where there is no such record."""
        ids: Ints = np.concatenate([table.column(name).to_numpy() for name in ("id_l", "id_r")])
        places = np.asarray(self._records.get_indexer(pd.Index(ids)), dtype=np.int64)
        strange = places < 0
        places[strange] = len(self._records) + pd.factorize(ids[strange])[0]
        return places[: table.num_rows], places[table.num_rows :]

    @cached_property
    def _sources(self) -> Ints:
        codes = self.clusters.column("source").combine_chunks().dictionary_encode().indices
        return np.asarray(codes.to_numpy(), dtype=np.int64)

    @property
    def _probability(self) -> Floats:
        return np.asarray(self.pairs.column("match_probability").to_numpy())

    def measure(self, two: bool) -> tuple[ClusterScores, Histogram]:
        """Compare clusters and pairs with the truth; `two` says that it lists pairs of two files only.

        Raises UsageError where the truth has no record of these files.
        """
        if self.true_pairs is not None:
            return self._measure_by_pairs(self.true_pairs, two)
        assert self.true_clusters is not None
        table = self.true_clusters
        places = self._places(table, "record_id")
        there = places >= 0
        if not there.any():
            raise UsageError(NOTHING_FITS)
        true, known = np.zeros(len(self._records), dtype=np.int64), np.zeros(len(self._records), dtype=bool)
        true[places[there]], known[places[there]] = table.column("true_id").to_numpy()[there], True
        scores = cluster_scores(self.clusters.column("cluster_id").to_numpy()[known], true[known])
        left, right = self._ends
        both = known[left] & known[right]
        return scores, histogram(self._probability[both], (true[left] == true[right])[both])

    def _measure_by_pairs(self, table: pa.Table, two: bool) -> tuple[ClusterScores, Histogram]:
        one, other = self._numbered(table)
        if not ((one < len(self._records)) & (other < len(self._records))).any():
            raise UsageError(NOTHING_FITS)
        clusters = self.clusters.column("cluster_id").to_numpy()
        scores = linked_scores(clusters, one, other, self._sources if two else None)
        left, right = self._ends
        chosen: Flags = self._sources[left] != self._sources[right] if two else np.ones(len(left), dtype=bool)
        return scores, histogram(self._probability[chosen], listed(left[chosen], right[chosen], one, other))

    @cached_property
    def _cluster(self) -> Ints:
        """Return the number of each record's cluster: from 1, in the order of the files' records."""
        return np.asarray(pd.factorize(self.clusters.column("cluster_id").to_numpy())[0] + 1, dtype=np.int64)

    @cached_property
    def _size(self) -> Ints:
        """Return how many records each record's cluster has."""
        return np.asarray(np.bincount(self._cluster)[self._cluster], dtype=np.int64)

    def pairs_of(self, wanted: Selection) -> Some:
        """Return scored pairs; see `Selection` for which, in which order, and the columns."""
        left, right = self._ends
        chance, one, other = self._probability, self._cluster[left], self._cluster[right]
        chosen: Flags = (chance >= wanted.least) & (chance <= wanted.highest)
        if wanted.linked is not None:
            chosen &= (one == other) == wanted.linked
        places = np.flatnonzero(chosen)
        key = wanted.sort_key(one[places], chance[places])
        places = places[np.lexsort((self.pairs.column("id_r").to_numpy()[places], *key))]
        kept = places[: wanted.most]
        rows = self.pairs.take(pa.array(kept)).to_pandas()
        return Some(rows.assign(cluster=np.where(one == other, one, 0)[kept]), len(places))

    def records_of(self, wanted: Records) -> Some:
        """Return records with their clusters; see `Records` for which, and the columns."""
        places = np.flatnonzero((self._size > 1) == wanted.linked)
        places = places[np.argsort(self._cluster[places], kind="stable")]
        kept = places[: wanted.most]
        rows = self.clusters.select(["record_id", "source", "_id", "confidence"]).take(pa.array(kept)).to_pandas()
        rows = rows.rename(columns={"_id": "id"})
        return Some(rows.assign(cluster=self._cluster[kept], size=self._size[kept]), len(places))

    def sizes(self) -> dict[str, int]:
        """Return the number of records by source."""
        counted = self.clusters.column("source").value_counts().to_pylist()  # a row a source
        return {row["values"]: row["counts"] for row in counted}

    def write(self, out: Path) -> None:
        """Write clusters, pairs, and pairs worth asking about, as Parquet folders."""
        clusters = self.clusters.select(["source", "_id", "cluster_id", "confidence"])
        clusters = clusters.set_column(2, "cluster_id", pa.array(self._cluster))
        _write(out / "clusters.parquet", clusters.rename_columns(["source", "id", "cluster_id", "confidence"]))
        left, right = self._ends
        _write(out / "pairs.parquet", self._named(self.pairs, left, right))
        asked = pa.Table.from_pandas(worth_asking_of(self.pairs), preserve_index=False)
        ends = [self._places(asked, name) for name in ("id_l", "id_r")]
        _write(out / "questions.parquet", self._named(asked, *ends))

    def _named(self, pairs: pa.Table, left: Ints, right: Ints) -> pa.Table:
        """Return pairs with source and the file's own id of both records in place of our ids."""
        names = {"source": self.clusters.column("source"), "id": self.clusters.column("_id")}
        ends = {"l": pa.array(left), "r": pa.array(right)}
        own = {f"{name}_{end}": column.take(ends[end]) for end in "lr" for name, column in names.items()}
        rest = {name: pairs.column(name) for name in pairs.column_names if name not in own}
        return pa.table(own | rest)

    def weights(self, thresholds: Thresholds) -> pd.DataFrame:
        """Return the pairs by weight, see `charts.weight_histogram`."""
        weight = self.pairs.column("match_weight").to_numpy()
        return weight_histogram_of(weight, self._probability, np.ones(len(weight), dtype=np.int64), thresholds)


def _write(path: Path, table: pa.Table) -> None:
    """Write a folder of one file, as Spark would, in place of what is there."""
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.mkdir()
    pq.write_table(table, path / "part-00000.parquet", row_group_size=ROWS_AT_ONCE)
