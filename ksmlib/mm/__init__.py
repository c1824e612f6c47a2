"""A model of the Linux memory manager, as far as anonymous rmap and KSM go.

Modules are named after the kernel's files and functions after its functions,
as of Linux 6.12; each docstring names the one it follows where the names
differ. ``ksmlib.mm.kernel.Kernel`` is the machine with its system calls.
"""
