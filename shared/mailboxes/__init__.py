"""Equipment mailboxes, in whichever Exchange they live."""
