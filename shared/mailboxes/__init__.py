"""Equipment mailboxes, whatever Exchange they live in."""
