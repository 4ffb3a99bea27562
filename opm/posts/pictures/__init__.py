"""Pictures in what the team writes."""
