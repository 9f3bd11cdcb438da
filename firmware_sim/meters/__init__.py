"""Simulated grid meters as real Modbus TCP servers."""
