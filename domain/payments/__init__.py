"""Getting money in: payments by gateway, slip, cheque, voucher and wallet, and giving it back."""
