"""A linear program, put together as arrays and solved by HiGHS on one core."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

INFINITY = float(highspy.kHighsInf)


class Unsolved(Exception):  # not refused by anybody: there is no optimum to be had in the time
    """The solver has no optimum."""


class Optimum(Struct, frozen=True):
    """The best value of each column, what one more of each row's limit would cost, and what all of it costs."""

    columns: Floats
    duals: Floats
    cost: float


class Program:
    """Columns are what may be chosen, rows are limits; the least cost is sought. Rows and columns count from 0."""

    def __init__(self) -> None:
        self._cost: list[Floats] = []
        self._columns: list[tuple[Floats, Floats]] = []
        self._rows: list[tuple[Floats, Floats]] = []
        self._entries: list[tuple[Ints, Ints, Floats]] = []
        self.width = self.height = 0
        self._solver: Any = None

    def add_columns(self, cost: ArrayLike, lower: ArrayLike, upper: ArrayLike, count: int) -> Ints:
        """Their numbers; a single value stands for all `count` of them."""
        self._cost.append(_spread(cost, count))
        self._columns.append((_spread(lower, count), _spread(upper, count)))
        self.width += count
        return np.arange(self.width - count, self.width)

    def add_rows(self, lower: ArrayLike, upper: ArrayLike, count: int) -> Ints:
        self._rows.append((_spread(lower, count), _spread(upper, count)))
        self.height += count
        return np.arange(self.height - count, self.height)

    def put(self, rows: Ints, columns: Ints, values: ArrayLike) -> None:
        """One entry each of the matrix; no place is said twice."""
        self._entries.append((rows, columns, _spread(values, len(rows))))

    def solved(self, whole: Ints | None = None, *, seconds: float = 60.0) -> Optimum:
        """`whole`: columns that are whole numbers, which takes far longer. Raises Unsolved."""
        if self.width == 0:
            return Optimum(np.zeros(0), np.zeros(self.height), 0.0)
        if self._solver is None:
            self._solver = self._passed(whole)
        self._solver.setOptionValue("time_limit", self._solver.getRunTime() + seconds)
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise Unsolved(str(self._solver.getModelStatus()))
        found = self._solver.getSolution()
        cost = self._solver.getInfo().objective_function_value
        return Optimum(np.array(found.col_value), np.array(found.row_dual), cost)

    def bound_columns(self, columns: Ints, lower: Floats, upper: Floats) -> None:
        """Other bounds than when it was solved last, from where the next search begins."""
        self._solver.changeColsBounds(len(columns), columns.astype(np.int32), lower, upper)

    def bound_rows(self, rows: Ints, lower: Floats, upper: Floats) -> None:
        self._solver.changeRowsBounds(len(rows), rows.astype(np.int32), lower, upper)

    def _passed(self, whole: Ints | None) -> Any:
        rows, columns, values = (np.concatenate(part) for part in zip(*self._entries, strict=True))
        order = np.argsort(columns, kind="stable")
        starts = np.zeros(self.width + 1, dtype=np.int32)
        np.cumsum(np.bincount(columns, minlength=self.width), out=starts[1:])
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = self.width, self.height
        program.col_cost_ = np.concatenate(self._cost)
        program.col_lower_, program.col_upper_ = (np.concatenate(part) for part in zip(*self._columns, strict=True))
        program.row_lower_, program.row_upper_ = (np.concatenate(part) for part in zip(*self._rows, strict=True))
        program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        program.a_matrix_.start_ = starts
        program.a_matrix_.index_ = rows[order].astype(np.int32)
        program.a_matrix_.value_ = values[order]
        if whole is not None:
            kinds = np.zeros(self.width, dtype=np.int32)
            kinds[whole] = 1
            program.integrality_ = [highspy.HighsVarType(int(kind)) for kind in kinds]
        solver = highspy.Highs()  # type: ignore[no-untyped-call]  # the package does not type it
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.passModel(program)
        return solver


def _spread(value: ArrayLike, count: int) -> Floats:
    return np.ascontiguousarray(np.broadcast_to(np.asarray(value, dtype=np.float64), count))
