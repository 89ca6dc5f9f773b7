"""Other database servers: gets them (``packages``), starts them (``cluster``), runs the tests (``trials``).

They come from the releases of Debian that have them; ``catalog`` says which, and what of the tests depends
on the server. A single server is started by the tests themselves, through the folder that
``SYNQD_SERVER_BIN`` names.
"""
