"""What pipelines and templates may use."""
