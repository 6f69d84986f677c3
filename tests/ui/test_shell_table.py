"""The table: filter, sorting, check marks, empty state, keys."""

import pytest

from dxclient.ui.widgets.table import Column, Row, Table

COLUMNS = (Column("label", "Label", 8), Column("files", "Files", 5, "e"))


def rows(count):
    return [
        Row(str(n), (f"scan {n}", f"{n * 1000:,}"), sort=(f"scan {n:05d}", n * 1000))
        for n in range(1, count + 1)
    ]


@pytest.fixture
def table(root):
    made = Table(root, COLUMNS, checks=True, select="extended", empty="Drop a folder.")
    made.pack(fill="both", expand=True)
    root.update()
    return made


def press(table, key):
    table.tree.focus_force()
    table.update()
    table.tree.event_generate(key)
    table.update()


def test_the_filter_counts_what_it_lets_through(table):
    table.set_rows(rows(340))
    table.filter_entry.insert(0, "SCAN 33")
    table.update()
    assert set(table.visible) == {"33", "133", "233", *(str(n) for n in range(330, 340))}
    assert table._count.get() == "13 of 340"


def test_escape_in_the_filter_shows_everything_again(table):
    table.set_rows(rows(20))
    table.filter_entry.insert(0, "nothing like that")
    assert table.visible == ()
    table.filter_entry.focus_force()
    table.update()
    table.filter_entry.event_generate("<Escape>")
    table.update()
    assert len(table.visible) == 20


def test_numbers_are_sorted_as_numbers_and_again_backwards(table):
    table.set_rows(rows(12))
    table.sort_by("files")
    assert table.visible[:3] == ("1", "2", "3")
    table.sort_by("files", descending=True)
    assert table.visible[:3] == ("12", "11", "10")


def test_texts_with_numbers_sort_as_people_expect(root):
    table = Table(root, COLUMNS[:1])
    table.set_rows([Row(name, (name,)) for name in ("scan 10", "scan 9", "Scan 1")])
    table.sort_by("label")
    assert table.visible == ("Scan 1", "scan 9", "scan 10")


def test_a_click_on_a_header_sorts(table):
    table.set_rows(rows(5))
    table.update()
    x, _y, width, _height = table.tree.bbox("1", "#3")
    for _ in range(2):
        for event in ("<Motion>", "<Button-1>", "<ButtonRelease-1>"):
            table.tree.event_generate(event, x=x + width // 2, y=8)
        table.update()
    assert table.visible == ("5", "4", "3", "2", "1")


def test_space_checks_the_selected_rows_and_unchecks_them_again(table):
    table.set_rows(rows(5))
    table.select(["2", "4"])
    press(table, "<space>")
    assert table.checked == {"2", "4"}
    press(table, "<space>")
    assert table.checked == set()


def test_a_click_on_the_box_checks_the_row(table):
    table.set_rows(rows(5))
    table.update()
    x, y, width, height = table.tree.bbox("3", "#1")
    table.tree.event_generate("<Button-1>", x=x + width // 2, y=y + height // 2)
    table.update()
    assert table.checked == {"3"}
    assert table.tree.set("3", "#check") == "☑"


def test_checking_all_respects_the_filter(table):
    table.set_rows(rows(30))
    table.filter_entry.insert(0, "30,000")
    table.toggle_all()
    assert table.checked == {"30"}
    table.toggle_all()
    assert table.checked == set()


def test_checked_rows_stay_checked_when_the_rows_change(table):
    table.set_rows(rows(5))
    table.set_checked(["1", "5"])
    table.set_rows(rows(3))
    assert table.checked == {"1"}


def test_an_empty_table_says_how_to_fill_it(table):
    table.update()
    assert table._empty_label.winfo_ismapped()
    assert table._empty_label.cget("text") == "Drop a folder."
    table.set_rows(rows(1))
    table.update()
    assert not table._empty_label.winfo_ismapped()


def test_enter_and_double_click_activate_a_row(root):
    activated = []
    table = Table(root, COLUMNS, on_activate=activated.append)
    table.pack()
    table.set_rows(rows(3))
    table.select(["2"])
    root.update()
    press(table, "<Return>")
    assert activated == ["2"]


def test_control_c_copies_the_selected_rows(table):
    table.set_rows(rows(3))
    table.select(["1", "3"])
    press(table, "<Control-c>")
    assert table.clipboard_get() == "scan 1\t1,000\nscan 3\t3,000"


def test_a_cut_value_is_told_whole_by_the_tooltip(root):
    table = Table(root, (Column("label", "Label", 5),))
    table.pack(anchor="w")
    long = "t1_mprage_sag_p2_iso_with_a_long_name"
    table.set_rows([Row("1", (long,)), Row("2", ("t1",))])
    root.update()
    for row, expected in (("1", long), ("2", "")):
        x, y, _width, _height = table.tree.bbox(row, "#1")
        assert table.tip.cut_text(x + 5, y + 5) == expected


def test_updating_a_row_keeps_the_selection(table):
    table.set_rows(rows(3))
    table.select(["2"])
    table.update_row(Row("2", ("scan two", "7")))
    assert table.selected == ("2",)
    assert table.tree.set("2", "label") == "scan two"
