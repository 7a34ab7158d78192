"""What a shadow's log is read for: report, gate, replay and tail."""
