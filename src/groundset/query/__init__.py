"""Ask about chips: filters (OGC CQL2), sorting, labels and their counts, in pages."""
