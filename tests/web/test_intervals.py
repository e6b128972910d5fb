"""The picture of shares with their intervals."""

from jaga.core.statistics import Estimate
from jaga.web.intervals import intervals

LONG = "Istilah layanan seks bersama kata yang menawarkan (Iklan prostitusi)"


def test_a_long_label_takes_two_lines_and_nothing_lies_upon_another_row() -> None:
    """Every word of it is in the picture; the rows follow one another, and the picture is as high as they are."""
    found = Estimate(0.5, 0.4, 0.6, 30, 15)
    picture = intervals([(LONG, found, found), ("Semua", found, None), (LONG, None, None)], 0.5)
    assert [" ".join(line for line, _ in row.lines) for row in picture.rows] == [LONG, "Semua", LONG]
    assert [len(row.lines) for row in picture.rows] == [2, 1, 2]
    heights = [
        height
        for row in picture.rows
        for height in (*(y for _, y in row.lines), *(one.y for one in (row.precision, row.recall) if one))
    ]
    assert heights == sorted(heights)
    assert len(set(heights)) == len(heights)
    assert picture.height > heights[-1]
    short = intervals([("Semua", found, found)] * 3, 0.5)
    assert picture.height == short.height + 2 * 14
