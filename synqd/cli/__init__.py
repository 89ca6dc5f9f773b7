"""The two programs: ``synqd``, the daemon (``daemon``), and ``synqctl``, the operator's tool (``ctl``)."""
