"""How stations prove who they are and whom they trust: profiles, passwords, certificates, and what they noticed."""
