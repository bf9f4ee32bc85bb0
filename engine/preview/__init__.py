"""What is known of an experiment before it trains: shapes, parameters, FLOPs, memory, cautions."""
