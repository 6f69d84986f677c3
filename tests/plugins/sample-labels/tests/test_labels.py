from dxclient_sample_labels import hooks


def test_the_study_id_becomes_the_label(dx_plugin, dx_ask, dx_session):
    dx_plugin(hooks, "sample-labels")
    session = dx_session("MR", StudyID="VISIT-2")
    [(plugin, [scheme])] = dx_ask("dxclient_labeling_schemes")
    assert plugin == "sample-labels"
    assert scheme.propose(session, None, None) == "VISIT-2"
