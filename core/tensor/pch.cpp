// Carries the precompiled header that core and the tests with Torch headers share.
