"""What puts right what was lost, and removes what nobody needs any more."""
