from dxclient.domain.jobs import ScanReceipt
from dxclient.domain.protocols import ScanCount
from dxclient.transfer.confirming import compare


def found(expected, listed):
    receipts = compare(expected, [ScanCount(*one) for one in listed])
    return {scan.scan_id: scan.found for scan in receipts}


def test_counts_are_set_against_each_other_by_scan():
    assert compare({"2": 3}, [ScanCount("2", 1), ScanCount("9", 4)]) == (
        ScanReceipt(scan_id="2", sent=3, found=1),
    )


def test_scans_that_share_a_number_are_added_up():
    assert found({"5": 30}, [("5-MR1", 10), ("5-MR2", 20)]) == {"5": 30}


def test_the_same_id_counts_before_renamed_ones():
    assert found({"5": 10}, [("5", 10), ("5-CT1", 7)]) == {"5": 10}


def test_one_scan_that_kept_its_number_is_added_to_the_renamed_one():
    assert found({"5": 17}, [("5", 10), ("5-CT1", 7)]) == {"5": 17}


def test_ids_made_of_uids_are_not_cut():
    assert found({"1_2_840": 2}, [("1_2_840", 2)]) == {"1_2_840": 2}


def test_a_scan_that_is_not_there_has_nothing():
    assert found({"1": 2}, []) == {"1": 0}
