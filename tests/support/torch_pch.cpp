// Carries the precompiled header that the tests with Torch headers share.
