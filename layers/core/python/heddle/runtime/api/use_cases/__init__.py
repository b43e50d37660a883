"""The use cases of the API, by what they are about; services.py has all of them."""
