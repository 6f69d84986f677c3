"""The samples are installed by other tests; their own tests run there."""

collect_ignore_glob = ["*"]
