"""Datasets in arrays: npz, npy, IDX."""
