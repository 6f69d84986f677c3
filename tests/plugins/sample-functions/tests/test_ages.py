import pytest
from dxclient_sample_functions import hooks


@pytest.mark.parametrize(
    ("age", "decade"), [("047Y", "040Y"), ("006M", ""), ("", ""), (None, None)]
)
def test_an_age_becomes_its_decade(dx_plugin, dx_ask, age, decade):
    dx_plugin(hooks, "sample-functions")
    [(_, [function])] = dx_ask("dxclient_dicomedit_functions")
    assert function.function(age) == decade
