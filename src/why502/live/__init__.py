"""What can only be had while it happens: packets and kernel events."""
