"""Speed and memory of weigh beside a peer or a roof, measured in one run: `python -m bench [NAME…]`.

Absolute times depend on the machine and on what else it does; the ratio to the reference, taken in the same minute, is
what is kept in `baseline.json` and compared. Beside a busy neighbour even a ratio of wall times moves by half, so what
only computes is timed by the processor's clock.
"""
