#pragma once
// The tests of a folder are one executable: `test_generate generate_grid` runs one class, and Qt Test's own arguments may follow.
// PHLOXINE_TEST(name, Class, Application) stands at the end of a test file; name is that of its row in CMakeLists.txt, Application
// what the class needs: NoApplication, QCoreApplication or QApplication. A file that must do more before its class runs defines
// `int test_<name>(int argc, char** argv)` itself.
#include <type_traits>

#include <QCoreApplication>
#include <QtTest>

namespace phloxine::testing {

struct NoApplication {
    NoApplication(int&, char**) {}
};

template <class Test, class Application>
int runTest(int argc, char** argv) {
    [[maybe_unused]] Application application(argc, argv);
    if constexpr (std::is_base_of_v<QCoreApplication, Application>) application.setAttribute(Qt::AA_Use96Dpi, true);
    Test test;
    return QTest::qExec(&test, argc, argv);
}

} // namespace phloxine::testing

#define PHLOXINE_TEST(name, Class, Application)                                                                                            \
    int test_##name(int argc, char** argv) {                                                                                               \
        using namespace phloxine::testing;                                                                                                 \
        return runTest<Class, Application>(argc, argv);                                                                                    \
    }
